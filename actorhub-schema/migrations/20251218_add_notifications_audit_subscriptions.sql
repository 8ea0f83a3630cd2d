-- revision: 20251218_notifications
-- parent: 20251217_indexes
-- message: Add notifications, audit logs, webhook events, subscriptions and payouts
-- created: 2025-12-18

-- migrate:up
CREATE TYPE notificationtype AS ENUM (
    'SYSTEM', 'MARKETING', 'SECURITY', 'BILLING', 'IDENTITY', 'TRAINING', 'DETECTION'
);
CREATE TYPE notificationchannel AS ENUM ('IN_APP', 'EMAIL', 'SMS', 'PUSH');

CREATE TABLE notifications (
    id         uuid NOT NULL,
    user_id    uuid NOT NULL,

    type       notificationtype NOT NULL,
    title      varchar(255) NOT NULL,
    message    text NOT NULL,
    action_url text,
    metadata   jsonb,

    channel    notificationchannel,
    is_read    boolean,
    read_at    timestamp,
    is_sent    boolean,
    sent_at    timestamp,

    created_at timestamp,
    expires_at timestamp,

    CONSTRAINT pk_notifications PRIMARY KEY (id),
    CONSTRAINT fk_notifications_user_id_users FOREIGN KEY (user_id) REFERENCES users (id)
);
CREATE INDEX ix_notifications_user_id ON notifications (user_id);
CREATE INDEX ix_notifications_type ON notifications (type);
CREATE INDEX ix_notifications_is_read ON notifications (is_read);
CREATE INDEX ix_notifications_created_at ON notifications (created_at);

CREATE TYPE auditaction AS ENUM (
    'CREATE', 'READ', 'UPDATE', 'DELETE', 'LOGIN', 'LOGOUT', 'EXPORT', 'DOWNLOAD', 'VERIFY',
    'DETECT', 'TRAIN', 'PURCHASE', 'REFUND', 'API_CALL'
);

CREATE TABLE audit_logs (
    id             uuid NOT NULL,

    user_id        uuid,
    api_key_id     uuid,
    ip_address     varchar(50),
    user_agent     text,

    action         auditaction NOT NULL,
    resource_type  varchar(50) NOT NULL,
    resource_id    uuid,
    description    text,

    old_values     jsonb,
    new_values     jsonb,
    metadata       jsonb,

    request_id     varchar(64),
    request_path   text,
    request_method varchar(10),

    success        boolean,
    error_message  text,

    created_at     timestamp,

    CONSTRAINT pk_audit_logs PRIMARY KEY (id),
    CONSTRAINT fk_audit_logs_user_id_users FOREIGN KEY (user_id) REFERENCES users (id),
    CONSTRAINT fk_audit_logs_api_key_id_api_keys FOREIGN KEY (api_key_id) REFERENCES api_keys (id)
);
CREATE INDEX ix_audit_logs_user_id ON audit_logs (user_id);
CREATE INDEX ix_audit_logs_action ON audit_logs (action);
CREATE INDEX ix_audit_logs_resource_type ON audit_logs (resource_type);
CREATE INDEX ix_audit_logs_resource_id ON audit_logs (resource_id);
CREATE INDEX ix_audit_logs_request_id ON audit_logs (request_id);
CREATE INDEX ix_audit_logs_created_at ON audit_logs (created_at);

CREATE TYPE webhooksource AS ENUM ('STRIPE', 'CLERK', 'SENDGRID', 'REPLICATE', 'ELEVENLABS');
CREATE TYPE webhookstatus AS ENUM ('PENDING', 'PROCESSING', 'COMPLETED', 'FAILED', 'RETRYING');

CREATE TABLE webhook_events (
    id              uuid NOT NULL,

    event_id        varchar(255) NOT NULL,
    source          webhooksource NOT NULL,
    event_type      varchar(100) NOT NULL,

    payload         jsonb NOT NULL,
    headers         jsonb,

    status          webhookstatus,
    attempts        integer,
    last_attempt_at timestamp,
    processed_at    timestamp,
    error_message   text,

    created_at      timestamp,
    updated_at      timestamp,

    CONSTRAINT pk_webhook_events PRIMARY KEY (id),
    CONSTRAINT uq_webhook_events_event_id UNIQUE (event_id)
);
-- uq_webhook_events_event_id serves these look-ups already. This index, and its like on subscriptions
-- and payouts, is here because the databases in service have it.
CREATE INDEX ix_webhook_events_event_id ON webhook_events (event_id);
CREATE INDEX ix_webhook_events_source ON webhook_events (source);
CREATE INDEX ix_webhook_events_event_type ON webhook_events (event_type);
CREATE INDEX ix_webhook_events_status ON webhook_events (status);
CREATE INDEX ix_webhook_events_created_at ON webhook_events (created_at);

CREATE TYPE subscriptionplan AS ENUM (
    'FREE', 'PRO_MONTHLY', 'PRO_YEARLY', 'ENTERPRISE_MONTHLY', 'ENTERPRISE_YEARLY'
);
CREATE TYPE subscriptionstatus AS ENUM (
    'ACTIVE', 'PAST_DUE', 'CANCELED', 'INCOMPLETE', 'TRIALING', 'PAUSED'
);

CREATE TABLE subscriptions (
    id                     uuid NOT NULL,
    user_id                uuid NOT NULL,

    stripe_subscription_id varchar(255),
    stripe_customer_id     varchar(255),
    stripe_price_id        varchar(255),

    plan                   subscriptionplan NOT NULL,
    status                 subscriptionstatus NOT NULL,

    amount                 double precision,
    currency               varchar(3),
    interval               varchar(20),

    current_period_start   timestamp,
    current_period_end     timestamp,
    trial_start            timestamp,
    trial_end              timestamp,
    canceled_at            timestamp,
    cancel_at_period_end   boolean,

    identities_limit       integer,
    api_calls_limit        integer,
    storage_limit_mb       integer,

    metadata               jsonb,

    created_at             timestamp,
    updated_at             timestamp,

    CONSTRAINT pk_subscriptions PRIMARY KEY (id),
    CONSTRAINT uq_subscriptions_stripe_subscription_id UNIQUE (stripe_subscription_id),
    CONSTRAINT fk_subscriptions_user_id_users FOREIGN KEY (user_id) REFERENCES users (id)
);
CREATE INDEX ix_subscriptions_user_id ON subscriptions (user_id);
CREATE INDEX ix_subscriptions_stripe_subscription_id ON subscriptions (stripe_subscription_id);
CREATE INDEX ix_subscriptions_stripe_customer_id ON subscriptions (stripe_customer_id);
CREATE INDEX ix_subscriptions_plan ON subscriptions (plan);
CREATE INDEX ix_subscriptions_status ON subscriptions (status);

CREATE TYPE payoutmethod AS ENUM ('STRIPE_CONNECT', 'PAYPAL', 'BANK_TRANSFER');
CREATE TYPE payoutstatus AS ENUM ('PENDING', 'PROCESSING', 'COMPLETED', 'FAILED', 'CANCELED');

CREATE TABLE payouts (
    id                 uuid NOT NULL,
    user_id            uuid NOT NULL,

    amount             double precision NOT NULL,
    currency           varchar(3),
    fee                double precision,
    net_amount         double precision,

    method             payoutmethod NOT NULL,
    status             payoutstatus,

    stripe_payout_id   varchar(255),
    stripe_transfer_id varchar(255),

    period_start       timestamp,
    period_end         timestamp,
    transaction_ids    jsonb,
    transaction_count  integer,

    requested_at       timestamp,
    processed_at       timestamp,
    completed_at       timestamp,
    failed_at          timestamp,
    failure_reason     text,

    metadata           jsonb,

    created_at         timestamp,
    updated_at         timestamp,

    CONSTRAINT pk_payouts PRIMARY KEY (id),
    CONSTRAINT uq_payouts_stripe_payout_id UNIQUE (stripe_payout_id),
    CONSTRAINT fk_payouts_user_id_users FOREIGN KEY (user_id) REFERENCES users (id)
);
CREATE INDEX ix_payouts_user_id ON payouts (user_id);
CREATE INDEX ix_payouts_status ON payouts (status);
CREATE INDEX ix_payouts_stripe_payout_id ON payouts (stripe_payout_id);

-- migrate:down
DROP TABLE payouts;
DROP TYPE payoutstatus;
DROP TYPE payoutmethod;

DROP TABLE subscriptions;
DROP TYPE subscriptionstatus;
DROP TYPE subscriptionplan;

DROP TABLE webhook_events;
DROP TYPE webhookstatus;
DROP TYPE webhooksource;

DROP TABLE audit_logs;
DROP TYPE auditaction;

DROP TABLE notifications;
DROP TYPE notificationchannel;
DROP TYPE notificationtype;
