-- revision: 001
-- message: Initial schema

-- migrate:up
-- An extension can be here already, installed by the server's administrator. The comment marks those
-- made here, so that the downgrade drops them and no others. It lives on the extension itself: a dump
-- carries it along, and an extension that somebody replaced by hand no longer has it.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'uuid-ossp') THEN
        CREATE EXTENSION "uuid-ossp";
        COMMENT ON EXTENSION "uuid-ossp" IS 'created by ActorHub revision 001';
    END IF;

    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'pgcrypto') THEN
        CREATE EXTENSION pgcrypto;
        COMMENT ON EXTENSION pgcrypto IS 'created by ActorHub revision 001';
    END IF;

    -- No column uses vector yet, so a server without it, or a role that may not create it, will do.
    IF EXISTS (
        SELECT FROM pg_available_extensions
        WHERE name = 'vector' AND installed_version IS NULL
    ) THEN
        BEGIN
            CREATE EXTENSION vector;
            COMMENT ON EXTENSION vector IS 'created by ActorHub revision 001';
        EXCEPTION
            WHEN insufficient_privilege THEN
                RAISE NOTICE 'extension vector skipped: %', SQLERRM;
        END;
    END IF;
END
$$;

CREATE TABLE users (
    id                    uuid NOT NULL DEFAULT uuid_generate_v4(),

    email                 varchar(255) NOT NULL,
    hashed_password       varchar(255),

    first_name            varchar(100),
    last_name             varchar(100),
    display_name          varchar(100),
    avatar_url            text,

    clerk_user_id         varchar(255),
    email_verified        boolean,
    phone_number          varchar(20),
    phone_verified        boolean,

    role                  varchar(20),
    tier                  varchar(20),
    is_active             boolean,
    is_verified           boolean,

    stripe_customer_id    varchar(255),
    billing_email         varchar(255),

    preferences           jsonb,
    notification_settings jsonb,

    created_at            timestamp DEFAULT now(),
    updated_at            timestamp DEFAULT now(),
    last_login_at         timestamp,

    CONSTRAINT pk_users PRIMARY KEY (id)
);
CREATE UNIQUE INDEX ix_users_email ON users (email);
CREATE UNIQUE INDEX ix_users_clerk_user_id ON users (clerk_user_id);

CREATE TABLE api_keys (
    id           uuid NOT NULL DEFAULT uuid_generate_v4(),
    user_id      uuid NOT NULL,

    name         varchar(100) NOT NULL,
    key_hash     varchar(64) NOT NULL,
    key_prefix   varchar(10),

    permissions  jsonb,
    allowed_ips  jsonb,
    rate_limit   integer,

    is_active    boolean,
    expires_at   timestamp,

    usage_count  integer,
    last_used_at timestamp,
    last_used_ip varchar(50),

    created_at   timestamp DEFAULT now(),
    updated_at   timestamp DEFAULT now(),

    CONSTRAINT pk_api_keys PRIMARY KEY (id),
    CONSTRAINT fk_api_keys_user_id_users FOREIGN KEY (user_id) REFERENCES users (id)
);
CREATE UNIQUE INDEX ix_api_keys_key_hash ON api_keys (key_hash);

CREATE TABLE identities (
    id                    uuid NOT NULL DEFAULT uuid_generate_v4(),
    user_id               uuid NOT NULL,

    display_name          varchar(255) NOT NULL,
    legal_name            varchar(255),
    bio                   text,
    profile_image_url     text,

    status                varchar(20),
    verified_at           timestamp,
    verification_method   varchar(50),
    verification_data     jsonb,

    face_embedding        double precision[],
    face_embedding_backup double precision[],

    protection_level      varchar(20),
    allow_commercial_use  boolean,
    allow_ai_training     boolean,
    allow_deepfake        boolean,
    blocked_categories    varchar[],
    blocked_brands        varchar[],
    blocked_regions       varchar[],
    custom_restrictions   jsonb,

    base_license_fee      double precision,
    hourly_rate           double precision,
    per_image_rate        double precision,
    revenue_share_percent double precision,

    nft_token_id          varchar(100),
    nft_contract_address  varchar(100),
    nft_minted_at         timestamp,
    blockchain_hash       varchar(100),

    total_verifications   integer,
    total_licenses        integer,
    total_revenue         double precision,

    created_at            timestamp DEFAULT now(),
    updated_at            timestamp DEFAULT now(),
    deleted_at            timestamp,

    CONSTRAINT pk_identities PRIMARY KEY (id),
    CONSTRAINT fk_identities_user_id_users FOREIGN KEY (user_id) REFERENCES users (id)
);
CREATE INDEX ix_identities_user_id ON identities (user_id);
CREATE INDEX ix_identities_status ON identities (status);
CREATE INDEX idx_identity_user_status ON identities (user_id, status);
CREATE INDEX idx_identity_commercial ON identities (allow_commercial_use, status);

CREATE TABLE actor_packs (
    id                     uuid NOT NULL DEFAULT uuid_generate_v4(),
    identity_id            uuid,

    name                   varchar(255) NOT NULL,
    description            text,
    version                varchar(20),
    slug                   varchar(100),

    training_status        varchar(20),
    training_started_at    timestamp,
    training_completed_at  timestamp,
    training_error         text,
    training_progress      integer,
    training_images_count  integer,
    training_audio_seconds double precision,
    training_video_seconds double precision,

    quality_score          double precision,
    authenticity_score     double precision,
    consistency_score      double precision,
    voice_quality_score    double precision,

    s3_bucket              varchar(255),
    s3_key                 varchar(500),
    file_size_bytes        double precision,
    checksum               varchar(64),

    components             jsonb,
    lora_model_url         text,
    voice_model_id         varchar(255),
    motion_data_url        text,

    base_price_usd         double precision,
    price_per_second_usd   double precision,
    price_per_image_usd    double precision,

    total_downloads        integer,
    total_uses             integer,
    total_revenue_usd      double precision,
    avg_rating             double precision,
    rating_count           integer,

    is_public              boolean,
    is_available           boolean,
    requires_approval      boolean,

    created_at             timestamp DEFAULT now(),
    updated_at             timestamp DEFAULT now(),

    CONSTRAINT pk_actor_packs PRIMARY KEY (id),
    CONSTRAINT uq_actor_packs_slug UNIQUE (slug),
    CONSTRAINT fk_actor_packs_identity_id_identities FOREIGN KEY (identity_id) REFERENCES identities (id)
);
CREATE UNIQUE INDEX ix_actor_packs_identity_id ON actor_packs (identity_id);

CREATE TABLE listings (
    id                uuid NOT NULL DEFAULT uuid_generate_v4(),
    identity_id       uuid NOT NULL,

    title             varchar(255) NOT NULL,
    slug              varchar(100),
    description       text,
    short_description varchar(500),

    thumbnail_url     text,
    preview_images    text[],
    preview_video_url text,
    demo_audio_url    text,

    category          varchar(100),
    tags              varchar[],
    style_tags        varchar[],

    pricing_tiers     jsonb,

    is_active         boolean,
    is_featured       boolean,
    requires_approval boolean,

    view_count        integer,
    favorite_count    integer,
    license_count     integer,
    avg_rating        double precision,
    rating_count      integer,

    meta_title        varchar(255),
    meta_description  text,

    created_at        timestamp DEFAULT now(),
    updated_at        timestamp DEFAULT now(),
    published_at      timestamp,

    CONSTRAINT pk_listings PRIMARY KEY (id),
    CONSTRAINT uq_listings_slug UNIQUE (slug),
    CONSTRAINT fk_listings_identity_id_identities FOREIGN KEY (identity_id) REFERENCES identities (id)
);
CREATE INDEX ix_listings_identity_id ON listings (identity_id);
CREATE INDEX idx_listing_category_active ON listings (category, is_active);
CREATE INDEX idx_listing_featured ON listings (is_featured, is_active);

CREATE TABLE licenses (
    id                       uuid NOT NULL DEFAULT uuid_generate_v4(),
    identity_id              uuid NOT NULL,
    licensee_id              uuid NOT NULL,

    license_type             varchar(20) NOT NULL,
    usage_type               varchar(20) NOT NULL,
    project_name             varchar(255),
    project_description      text,

    allowed_platforms        varchar[],
    allowed_regions          varchar[],
    excluded_uses            varchar[],
    max_impressions          integer,
    max_duration_seconds     integer,
    max_images               integer,
    max_outputs              integer,

    valid_from               timestamp NOT NULL,
    valid_until              timestamp,
    is_active                boolean,
    auto_renew               boolean,

    price_usd                double precision NOT NULL,
    currency                 varchar(3),
    payment_status           varchar(20),
    stripe_payment_intent_id varchar(255),
    stripe_subscription_id   varchar(255),
    paid_at                  timestamp,

    platform_fee_percent     double precision,
    creator_payout_usd       double precision,
    payout_status            varchar(50),
    payout_at                timestamp,

    contract_hash            varchar(100),
    contract_url             text,
    signed_at                timestamp,
    terms_accepted           boolean,

    current_uses             integer,
    current_impressions      integer,
    current_duration_seconds integer,

    created_at               timestamp DEFAULT now(),
    updated_at               timestamp DEFAULT now(),

    CONSTRAINT pk_licenses PRIMARY KEY (id),
    CONSTRAINT fk_licenses_identity_id_identities FOREIGN KEY (identity_id) REFERENCES identities (id),
    CONSTRAINT fk_licenses_licensee_id_users FOREIGN KEY (licensee_id) REFERENCES users (id)
);
CREATE INDEX ix_licenses_identity_id ON licenses (identity_id);
CREATE INDEX ix_licenses_licensee_id ON licenses (licensee_id);
CREATE INDEX idx_license_active ON licenses (is_active, valid_until);
CREATE INDEX idx_license_dates ON licenses (valid_from, valid_until);

CREATE TABLE transactions (
    id                       uuid NOT NULL DEFAULT uuid_generate_v4(),
    license_id               uuid,
    user_id                  uuid NOT NULL,

    type                     varchar(50) NOT NULL,
    amount_usd               double precision NOT NULL,
    currency                 varchar(3),
    description              text,
    status                   varchar(20),

    stripe_payment_intent_id varchar(255),
    stripe_charge_id         varchar(255),
    stripe_transfer_id       varchar(255),

    transaction_metadata     jsonb,

    created_at               timestamp DEFAULT now(),
    completed_at             timestamp,

    CONSTRAINT pk_transactions PRIMARY KEY (id),
    CONSTRAINT fk_transactions_license_id_licenses FOREIGN KEY (license_id) REFERENCES licenses (id),
    CONSTRAINT fk_transactions_user_id_users FOREIGN KEY (user_id) REFERENCES users (id)
);
CREATE INDEX ix_transactions_license_id ON transactions (license_id);
CREATE INDEX ix_transactions_user_id ON transactions (user_id);
CREATE INDEX ix_transactions_created_at ON transactions (created_at);

CREATE TABLE usage_logs (
    id                 uuid NOT NULL DEFAULT uuid_generate_v4(),
    identity_id        uuid,
    license_id         uuid,
    actor_pack_id      uuid,

    requester_id       uuid,
    requester_type     varchar(50),
    requester_name     varchar(255),
    api_key_id         uuid,

    action             varchar(50) NOT NULL,
    endpoint           varchar(255),
    request_metadata   jsonb,

    similarity_score   double precision,
    faces_detected     integer,
    matched            boolean,
    result             varchar(50),
    result_reason      text,
    response_time_ms   integer,

    credits_used       double precision,
    amount_charged_usd double precision,
    billed             boolean,

    ip_address         varchar(50),
    user_agent         text,
    country_code       varchar(2),

    created_at         timestamp DEFAULT now(),

    CONSTRAINT pk_usage_logs PRIMARY KEY (id),
    CONSTRAINT fk_usage_logs_identity_id_identities FOREIGN KEY (identity_id) REFERENCES identities (id),
    CONSTRAINT fk_usage_logs_license_id_licenses FOREIGN KEY (license_id) REFERENCES licenses (id),
    CONSTRAINT fk_usage_logs_actor_pack_id_actor_packs FOREIGN KEY (actor_pack_id) REFERENCES actor_packs (id),
    CONSTRAINT fk_usage_logs_api_key_id_api_keys FOREIGN KEY (api_key_id) REFERENCES api_keys (id)
);
CREATE INDEX ix_usage_logs_identity_id ON usage_logs (identity_id);
CREATE INDEX ix_usage_logs_license_id ON usage_logs (license_id);
CREATE INDEX ix_usage_logs_requester_id ON usage_logs (requester_id);
CREATE INDEX ix_usage_logs_action ON usage_logs (action);
CREATE INDEX ix_usage_logs_created_at ON usage_logs (created_at);
CREATE INDEX idx_usage_identity_date ON usage_logs (identity_id, created_at);
CREATE INDEX idx_usage_requester ON usage_logs (requester_id, created_at);
CREATE INDEX idx_usage_action_date ON usage_logs (action, created_at);

-- migrate:down
DROP TABLE usage_logs;
DROP TABLE transactions;
DROP TABLE licenses;
DROP TABLE listings;
DROP TABLE actor_packs;
DROP TABLE identities;
DROP TABLE api_keys;
DROP TABLE users;

-- Drop what the upgrade marked, nothing else, and without CASCADE: if other objects of this database
-- have come to need an extension, the downgrade stops there and changes nothing.
DO $$
DECLARE
    created_here text[] := ARRAY(
        SELECT extname FROM pg_extension
        WHERE obj_description(oid, 'pg_extension') = 'created by ActorHub revision 001'
    );
BEGIN
    IF 'vector' = ANY (created_here) THEN
        DROP EXTENSION vector;
    END IF;

    IF 'pgcrypto' = ANY (created_here) THEN
        DROP EXTENSION pgcrypto;
    END IF;

    IF 'uuid-ossp' = ANY (created_here) THEN
        DROP EXTENSION "uuid-ossp";
    END IF;
END
$$;
