/** What `GET /` of the control API says: every call with its bodies. */

interface HelpCall {
  readonly does: string;
  /** Examples of bodies; the first is the plainest. */
  readonly bodies: readonly string[];
}

const call = (does: string, ...bodies: string[]): HelpCall => ({ does, bodies });

export const HELP = {
  about:
    'Control API of the payment provider simulators. Add ?wait=true to wait until the webhooks it caused were sent.',
  examples: [
    `curl -s $CONTROL/finan/payments?reference=inv_1`,
    `curl -s -X POST $CONTROL/finan/payments/$ID/pay -d '{"amount": 50000}'`,
    `curl -s -X POST $CONTROL/fapshi/webhooks/next -d '{"do": "drop"}'`,
    `curl -s -X POST $CONTROL/finan/faults -d '{"kind": "hang_after_accept", "operation": "create"}'`,
    `curl -s -X POST $CONTROL/fapshi/clock -d '{"advance_s": 86400}'`,
  ],
  calls: {
    'GET /{provider}': call('settings, credentials, clock, armed faults, counts'),
    'DELETE /{provider}': call(
      'forgets payments, money, faults, webhooks and the clock; keeps URL and settings',
    ),
    'PUT /{provider}/webhook_url': call(
      "what the merchant enters in the provider's dashboard",
      '{"url": "http://127.0.0.1:3000/hooks"}',
      '{"url": null}',
    ),
    'PUT /{provider}/settings': call(
      'changes switches that GET /{provider} lists',
      '{"operator_delay_ms": 0}',
    ),
    'GET /{provider}/payments': call('payments, newest first; ?reference=…&limit=…'),
    'GET /{provider}/payments/{id}': call('one payment with its transfers and the calls made about it'),
    'POST /{provider}/payments/{id}/pay': call(
      "the customer pays; amount in the provider's units, by default what is due",
      '{}',
      '{"amount": 50000}',
      '{"after_expiry": true}',
      '{"phone": "690000000", "medium": "orange money", "name": "Jean"}',
    ),
    'POST /{provider}/payments/{id}/fail': call(
      'the attempt fails',
      '{}',
      '{"reason": "insufficient funds"}',
    ),
    'POST /{provider}/payments/{id}/expire': call('the link runs out now', '{}'),
    'POST /{provider}/payments/{id}/webhooks': call(
      'sends one more webhook now, past what is armed',
      '{}',
      '{"status": "PENDING"}',
      '{"transfer_id": "…"}',
      '{"forge": true}',
    ),
    'GET /{provider}/webhooks': call('every delivery attempt; ?payment_id=…'),
    'POST /{provider}/webhooks/next': call(
      'what happens to the next webhook(s)',
      '{"do": "drop", "count": 1}',
      '{"do": "double", "copies": 2}',
      '{"do": "delay", "delay_ms": 5000}',
      '{"do": "reorder"}',
      '{"do": "forge"}',
    ),
    'POST /{provider}/webhooks/flush': call('sends what "reorder" still holds back'),
    'GET /{provider}/faults': call('faults that can still strike'),
    'POST /{provider}/faults': call(
      'arms a fault; each takes times (1; -1 until cleared), operation and probability',
      '{"kind": "slow", "ms": 2000}',
      '{"kind": "slow", "ms": 2000, "before": true}',
      '{"kind": "status", "status": 503, "retry_after_s": 2}',
      '{"kind": "status", "status": 500, "after_accept": true}',
      '{"kind": "hang_after_accept", "operation": "create"}',
      '{"kind": "reset", "times": -1, "probability": 0.2}',
      '{"kind": "reset_after_accept"}',
      '{"kind": "truncate"}',
      '{"kind": "html"}',
      '{"kind": "empty"}',
    ),
    'DELETE /{provider}/faults': call(
      'clears all faults; answers that are slow because of one go out at once',
    ),
    'POST /{provider}/clock': call(
      "moves the provider's own clock; what falls due happens",
      '{"advance_s": 1800}',
    ),
    'GET /{provider}/ledger': call("the simulator's own books: every effect, in order"),
  } satisfies Record<string, HelpCall>,
};
