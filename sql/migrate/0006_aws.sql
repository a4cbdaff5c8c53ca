-- 0006: machines of a cloud account, looked at together (spec aws.md 1f).

CREATE INDEX machines_account ON hostq.machines (account, region) WHERE ended_at IS NULL AND provider_api <> 'process';

-- Replaced by one with other arguments.
DROP FUNCTION IF EXISTS hostq.check_tags(jsonb, text);
