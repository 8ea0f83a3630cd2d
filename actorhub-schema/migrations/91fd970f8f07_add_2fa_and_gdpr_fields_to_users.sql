-- revision: 91fd970f8f07
-- parent: 001
-- message: Add 2FA and GDPR fields to users

-- migrate:up
ALTER TABLE users
    ADD COLUMN verified_at                timestamp,

    ADD COLUMN totp_secret                varchar(32),
    ADD COLUMN backup_codes               jsonb,
    ADD COLUMN is_2fa_enabled             boolean,

    ADD COLUMN password_reset_token       varchar(64),
    ADD COLUMN password_reset_expires     timestamp,

    ADD COLUMN email_verification_token   varchar(64),
    ADD COLUMN email_verification_expires timestamp,

    ADD COLUMN consent_marketing          boolean,
    ADD COLUMN consent_analytics          boolean,
    ADD COLUMN consent_third_party        boolean,
    ADD COLUMN consent_ai_training        boolean,
    ADD COLUMN consent_updated_at         timestamp,

    ADD COLUMN terms_accepted_at          timestamp,
    ADD COLUMN privacy_accepted_at        timestamp,
    ADD COLUMN cookie_consent             jsonb,
    ADD COLUMN cookie_consent_at          timestamp,

    ADD COLUMN age_verified               boolean,
    ADD COLUMN age_verified_at            timestamp,

    ADD COLUMN last_export_request        timestamp,
    ADD COLUMN deletion_requested_at      timestamp,
    ADD COLUMN deletion_scheduled_for     timestamp;

-- migrate:down
ALTER TABLE users
    DROP COLUMN deletion_scheduled_for,
    DROP COLUMN deletion_requested_at,
    DROP COLUMN last_export_request,

    DROP COLUMN age_verified_at,
    DROP COLUMN age_verified,

    DROP COLUMN cookie_consent_at,
    DROP COLUMN cookie_consent,
    DROP COLUMN privacy_accepted_at,
    DROP COLUMN terms_accepted_at,

    DROP COLUMN consent_updated_at,
    DROP COLUMN consent_ai_training,
    DROP COLUMN consent_third_party,
    DROP COLUMN consent_analytics,
    DROP COLUMN consent_marketing,

    DROP COLUMN email_verification_expires,
    DROP COLUMN email_verification_token,

    DROP COLUMN password_reset_expires,
    DROP COLUMN password_reset_token,

    DROP COLUMN is_2fa_enabled,
    DROP COLUMN backup_codes,
    DROP COLUMN totp_secret,

    DROP COLUMN verified_at;
