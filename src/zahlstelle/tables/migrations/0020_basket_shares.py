"""Give every payment and attempt there is its one share; from then on the database guards shares."""

import django.db.models.deletion
from django.db import migrations, models

# The shares of payments and attempts there are: one claim each. Row-level security binds the owner too, also where the
# database looks for the row that a key names; so the tables had to be there, with their keys, before.
_ONE_EACH = """
ALTER TABLE claim NO FORCE ROW LEVEL SECURITY;
ALTER TABLE payment NO FORCE ROW LEVEL SECURITY;
ALTER TABLE attempt NO FORCE ROW LEVEL SECURITY;
ALTER TABLE refund NO FORCE ROW LEVEL SECURITY;
ALTER TABLE dispute NO FORCE ROW LEVEL SECURITY;
INSERT INTO payment_claim (tenant_id, payment_id, claim_id, number, amount_cents)
SELECT tenant_id, id, claim_id, 1, amount_cents FROM payment;
INSERT INTO attempt_claim (tenant_id, attempt_id, claim_id, number, amount_cents, holding, let_go, surplus,
    refunded_cents, disputed_cents)
SELECT tenant_id, id, claim_id, 1, amount_cents,
    status IN ('intended', 'started', 'pending', 'unknown', 'contradicted', 'paid'), let_go, status = 'surplus',
    refunded_cents, disputed_cents FROM attempt;
ALTER TABLE refund DISABLE TRIGGER USER;
ALTER TABLE dispute DISABLE TRIGGER USER;
UPDATE refund r SET claim_id = a.claim_id FROM attempt a WHERE a.id = r.attempt_id;
UPDATE dispute d SET claim_id = a.claim_id FROM attempt a WHERE a.id = d.attempt_id;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE refund ENABLE TRIGGER USER;
ALTER TABLE dispute ENABLE TRIGGER USER;
ALTER TABLE claim FORCE ROW LEVEL SECURITY;
ALTER TABLE payment FORCE ROW LEVEL SECURITY;
ALTER TABLE attempt FORCE ROW LEVEL SECURITY;
ALTER TABLE refund FORCE ROW LEVEL SECURITY;
ALTER TABLE dispute FORCE ROW LEVEL SECURITY;
"""

# An attempt's claims are its payment's, to the cent, and hold while its status does. Nobody else writes them.
_GUARDS = """
CREATE FUNCTION zahlstelle_payment_claim_of_its_town() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM claim c JOIN payment p ON p.tenant_id = c.tenant_id AND p.currency = c.currency
        WHERE c.tenant_id = NEW.tenant_id AND c.id = NEW.claim_id AND p.id = NEW.payment_id) THEN
        RAISE EXCEPTION 'a payment pays claims of its town and its currency' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION zahlstelle_attempt_claims() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    holds boolean := NEW.status IN ('intended', 'started', 'pending', 'unknown', 'contradicted', 'paid');
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO attempt_claim (tenant_id, attempt_id, claim_id, number, amount_cents, holding, let_go, surplus,
            refunded_cents, disputed_cents)
        SELECT tenant_id, NEW.id, claim_id, number, amount_cents, holds, false, false, 0, 0 FROM payment_claim
        WHERE tenant_id = NEW.tenant_id AND payment_id = NEW.payment_id ORDER BY claim_id;
        IF NEW.amount_cents IS DISTINCT FROM (SELECT sum(amount_cents) FROM attempt_claim
            WHERE tenant_id = NEW.tenant_id AND attempt_id = NEW.id) THEN
            RAISE EXCEPTION 'an attempt is over the sum of its claims' USING ERRCODE = 'check_violation';
        END IF;
    ELSE
        UPDATE attempt_claim SET holding = holds
        WHERE tenant_id = NEW.tenant_id AND attempt_id = NEW.id AND holding <> holds;
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION zahlstelle_attempt_claim_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'what an attempt pays is written with the attempt' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION zahlstelle_count_refund() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before bigint := 0;
    more bigint := CASE NEW.status WHEN 'refused' THEN 0 ELSE NEW.amount_cents END;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (OLD.id, OLD.tenant_id, OLD.attempt_id, OLD.claim_id, OLD.amount_cents, OLD.currency, OLD.wish,
            OLD.requested_at) IS DISTINCT FROM (NEW.id, NEW.tenant_id, NEW.attempt_id, NEW.claim_id, NEW.amount_cents,
                NEW.currency, NEW.wish, NEW.requested_at) THEN
            RAISE EXCEPTION 'what a refund is stays as it was asked for' USING ERRCODE = 'insufficient_privilege';
        END IF;
        before := CASE OLD.status WHEN 'refused' THEN 0 ELSE OLD.amount_cents END;
    END IF;
    UPDATE attempt SET refunded_cents = refunded_cents - before + more
    WHERE tenant_id = NEW.tenant_id AND id = NEW.attempt_id AND currency = NEW.currency;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a refund is of an attempt of its town and its currency'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF NEW.claim_id IS NOT NULL THEN
        UPDATE attempt_claim SET refunded_cents = refunded_cents - before + more
        WHERE tenant_id = NEW.tenant_id AND attempt_id = NEW.attempt_id AND claim_id = NEW.claim_id;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'a refund is of a claim that the attempt paid' USING ERRCODE = 'foreign_key_violation';
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION zahlstelle_count_dispute() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE attempt SET disputed_cents = disputed_cents + NEW.amount_cents
    WHERE tenant_id = NEW.tenant_id AND id = NEW.attempt_id AND currency = NEW.currency;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a dispute is of an attempt of its town and its currency'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    UPDATE attempt_claim SET disputed_cents = disputed_cents + NEW.amount_cents
    WHERE tenant_id = NEW.tenant_id AND attempt_id = NEW.attempt_id AND claim_id = NEW.claim_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a dispute is of a claim that the attempt paid' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER payment_claim_of_its_town AFTER INSERT ON payment_claim
    FOR EACH ROW EXECUTE FUNCTION zahlstelle_payment_claim_of_its_town();
CREATE TRIGGER payment_claim_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON payment_claim
    FOR EACH STATEMENT EXECUTE FUNCTION zahlstelle_written_once();
CREATE TRIGGER attempt_claims AFTER INSERT ON attempt FOR EACH ROW EXECUTE FUNCTION zahlstelle_attempt_claims();
CREATE TRIGGER attempt_holds AFTER UPDATE OF status ON attempt FOR EACH ROW WHEN (OLD.status <> NEW.status)
    EXECUTE FUNCTION zahlstelle_attempt_claims();
CREATE TRIGGER attempt_claim_written_with_it AFTER INSERT ON attempt_claim
    FOR EACH ROW EXECUTE FUNCTION zahlstelle_attempt_claim_stays();
CREATE TRIGGER attempt_claim_stays AFTER UPDATE ON attempt_claim FOR EACH ROW
    WHEN ((OLD.tenant_id, OLD.attempt_id, OLD.claim_id, OLD.number, OLD.amount_cents, OLD.holding, OLD.refunded_cents,
        OLD.disputed_cents) IS DISTINCT FROM (NEW.tenant_id, NEW.attempt_id, NEW.claim_id, NEW.number,
        NEW.amount_cents, NEW.holding, NEW.refunded_cents, NEW.disputed_cents))
    EXECUTE FUNCTION zahlstelle_attempt_claim_stays();
CREATE TRIGGER attempt_claim_never_deleted BEFORE DELETE OR TRUNCATE ON attempt_claim
    FOR EACH STATEMENT EXECUTE FUNCTION zahlstelle_never_deleted();
"""


class Migration(migrations.Migration):
    """Move the claim of payments, attempts, refunds and disputes to where several can stand."""

    dependencies = [("tables", "0019_baskets")]
    operations = [
        migrations.RunSQL(_ONE_EACH),
        migrations.AlterField(
            "disputerow",
            "claim",
            models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tables.claimrow"
            ),
        ),
        migrations.RemoveField("attemptrow", "let_go"),
        migrations.RemoveField("attemptrow", "claim"),
        migrations.RemoveField("paymentrow", "claim"),
        migrations.RunSQL(_GUARDS),
    ]
