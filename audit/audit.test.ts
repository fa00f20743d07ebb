/** Each kind of damage is done to a sound record in a database of its own, past the triggers, and has to be found by name. */
import { ENGINES_TIMEOUT_MS } from '../test/setup/engines.ts';
import { testRecord, type TestRecord } from '../test/setup/record.ts';
import { damage as spoil, story as tell } from '../test/setup/story.ts';
import { audit, type AuditReport } from './index.ts';

let db: TestRecord;
beforeEach(async () => {
  db = await testRecord({ provider: 'finan', credentials: {} });
}, ENGINES_TIMEOUT_MS);
afterEach(() => db.close());

const story = (name: string): Promise<string> => tell(db, name);
const damage = (...statements: string[]): Promise<void> => spoil(db, ...statements);

const broken = ({ findings }: AuditReport) => findings.filter(({ count }) => count > 0);

it('finds nothing in a sound record, whatever the size of the batches', async () => {
  for (const name of ['a', 'b', 'c', 'd', 'e']) await story(name);
  await db.payment(await db.invoice());
  for (const batch of [1, 2, 3, 6, 500]) {
    const report = await audit(db.pool, { batch, webhook_grace_s: 0 });
    expect(broken(report)).toEqual([]);
    expect(report).toMatchObject({ ok: true, invoices: 6, not_in_sandbox: null });
  }
});

const SECOND = `(select id from invoices order by id offset 1 limit 1)`;
const STATE = (path: string, value: string) =>
  `update invoices set state = jsonb_set(state, '${path}', '${value}') where id = ${SECOND}`;

/** What is done, what it breaks (the first named is what it is about), and what is said of it. */
const DAMAGES: readonly [what: string, statements: string[], found: string[], says: RegExp][] = [
  [
    'an event that is missing',
    [`delete from invoice_events where invoice_id = ${SECOND} and sequence = 3`],
    ['event_sequence', 'state_is_fold', 'outgoing_events'],
    /event 3 is missing/,
  ],
  [
    'the last event missing',
    [`delete from invoice_events where invoice_id = ${SECOND} and type = 'case.opened'`],
    ['event_sequence', 'state_is_fold', 'outgoing_events'],
    /version 9, with 8 events/,
  ],
  [
    'an event under a key that is not its own',
    [`update invoice_events set event_key = 'x' where invoice_id = ${SECOND} and sequence = 2`],
    ['event_sequence'],
    /event 2 has the key x/,
  ],
  [
    'a changed amount of a transfer',
    [
      `update invoice_events set data = jsonb_set(data, '{amount}', '1') where invoice_id = ${SECOND} and type = 'money.received'`,
    ],
    ['state_is_fold', 'ledger_is_the_events', 'outgoing_events'],
    /payments differ/,
  ],
  [
    'a changed state',
    [STATE('{canceled_at}', '"2026-01-01T00:00:00.000Z"')],
    ['state_is_fold', 'invoice_columns'],
    /canceled_at/,
  ],
  [
    'a status that nobody derived',
    [`update invoices set status = 'paid' where id = ${SECOND}`],
    ['invoice_columns'],
    /status is "paid", by the events "partially_refunded"/,
  ],
  [
    'an amount of an invoice',
    [`update invoices set amount_refunded = 0 where id = ${SECOND}`],
    ['invoice_columns'],
    /amount_refunded is 0, by the events 40000/,
  ],
  [
    'a capture beyond the authorization',
    [STATE('{payments,0,authorized}', '99999')],
    ['captures_within_authorization', 'state_is_fold'],
    /100000 captured of 99999/,
  ],
  [
    'a refund beyond what came',
    [STATE('{payments,0,refunds,0,amount}', '100001')],
    ['refunds_within_receipts', 'state_is_fold', 'invoice_columns', 'payment_rows'],
    /100001 refunded of 100000/,
  ],
  [
    'a status of a payment',
    [`update payments set status = 'pending' where invoice_id = ${SECOND}`],
    ['payment_rows'],
    /status is "pending", by the events "partially_refunded"/,
  ],
  [
    'a payment of which no event tells',
    [`update payments set invoice_id = (select min(id) from invoices) where invoice_id = ${SECOND}`],
    ['payment_rows'],
    /which has no row/,
  ],
  [
    'an operation that has another status',
    [`update payment_operations set status = 'pending' where id = 'rfd_b'`],
    ['operation_rows'],
    /status is "pending", by the events "succeeded"/,
  ],
  [
    'an operation without a row',
    [`delete from payment_operations where id = 'cap_b'`],
    ['operation_rows'],
    /which has no row/,
  ],
  [
    'a case that is closed without a decision',
    [`update cases set resolved_at = now() where id = 'case_b'`],
    ['case_rows'],
    /resolved_at/,
  ],
  ['a case without a row', [`delete from cases where id = 'case_b'`], ['case_rows'], /which has no row/],
  [
    'a line of the ledger with another amount',
    [`update ledger_entries set amount = amount + 1 where transaction_key like 'receipt:%:T-b' and line = 1`],
    ['ledger_transactions_balance', 'ledger_is_the_events', 'ledger_balances'],
    /sum to 1, not to zero/,
  ],
  [
    'a transfer without its ledger transaction',
    [`delete from ledger_entries where transaction_key like 'refund:%:R-b'`],
    ['ledger_is_the_events'],
    /this transfer is not in the ledger/,
  ],
  [
    'a transfer that is in the ledger twice',
    [
      `insert into ledger_entries select 'again', line, account, merchant_id, account_id, invoice_id, payment_id, currency, amount, at, now()
       from ledger_entries where transaction_key like 'refund:%:R-b'`,
    ],
    ['ledger_is_the_events', 'audit_coverage'],
    /has no transfer for this transaction/,
  ],
  [
    'a settlement of another amount',
    [`update settlements set net = 1 where id = 'stl_b'`],
    ['settlements_booked'],
    /the ledger does not have what was settled/,
  ],
  [
    'a settlement that was never booked',
    [`delete from ledger_entries where transaction_key = 'settlement:stl_b'`],
    ['settlements_booked'],
    /the ledger does not have what was settled/,
  ],
  [
    'a settlement in the ledger alone',
    [`delete from settlements where id = 'stl_b'`],
    ['settlements_booked'],
    /there is no settlement for this transaction/,
  ],
  [
    'money that is held by the ledger and by nothing else',
    [
      `insert into ledger_entries select 'allocation:x', v.line, v.account, merchant_id, account_id, invoice_id, payment_id, currency, v.amount,
         at, now() from ledger_entries, (values (1, 'merchant_payable', 7), (2, 'held', -7)) as v (line, account, amount)
       where transaction_key like 'refund:%:R-b' and ledger_entries.line = 1`,
    ],
    ['ledger_claims', 'audit_coverage'],
    /held is 7, by the events 0/,
  ],
  [
    'a change the merchant was not told of',
    [`delete from outgoing_events where invoice_id = ${SECOND} and type = 'payment.authorized'`],
    ['outgoing_events'],
    /payment\.authorized is missing at 3\/1/,
  ],
  [
    'something the merchant was told that did not happen',
    [
      `insert into outgoing_events (id, merchant_id, mode, invoice_id, payment_id, sequence, line, type, data, created_at)
       select 'evt_x', merchant_id, mode, invoice_id, payment_id, 9, 9, 'invoice.paid', data, now()
       from outgoing_events where invoice_id = ${SECOND} limit 1`,
    ],
    ['outgoing_events'],
    /invoice\.paid at 9\/9 is about no change/,
  ],
  [
    'something else told than what happened',
    [
      `update outgoing_events set type = 'payment.failed' where invoice_id = ${SECOND} and type = 'payment.authorized'`,
    ],
    ['outgoing_events'],
    /is payment\.failed and not payment\.authorized/,
  ],
  [
    'a payment at the provider that was never sent',
    [`update payments set sent_at = null where invoice_id = ${SECOND}`],
    ['payments_sent_once'],
    /never marked as sent/,
  ],
  [
    'a payment that was sent twice',
    [1, 2].map(
      (n) =>
        `insert into provider_exchanges (id, account_id, invoice_id, payment_id, provider, operation, method, url, status, started_at,
           duration_ms, attempt, request_headers)
         select 'exc_${n}', account_id, invoice_id, id, provider, 'create_payment', 'POST', '/', 200, now(), 1, ${n}, '{}'
         from payments where invoice_id = ${SECOND}`,
    ),
    ['payments_sent_once'],
    /sent 2 times/,
  ],
  [
    'a refund that was posted twice',
    [
      `insert into invoice_events select invoice_id, 10, type, event_key || 'x', jsonb_set(data, '{key}', '"R-x"'), at + interval '1 s', recorded_at + interval '1 s'
       from invoice_events where invoice_id = ${SECOND} and type = 'money.refunded'`,
    ],
    ['reservations_end_once', 'event_sequence', 'state_is_fold', 'ledger_is_the_events'],
    /this refund was posted 2 times/,
  ],
  [
    'a refund of another amount than was reserved',
    [
      `update invoice_events set data = jsonb_set(data, '{amount}', '1') where invoice_id = ${SECOND} and type = 'money.refunded'`,
    ],
    ['reservations_end_once', 'state_is_fold', 'ledger_is_the_events'],
    /1 went back, of 40000 that were reserved/,
  ],
  [
    'a capture whose money did not come',
    [STATE('{payments,0,receipts}', '[]')],
    ['reservations_end_once', 'state_is_fold', 'invoice_columns', 'refunds_within_receipts', 'payment_rows'],
    /100000 captured, of which only 0 came/,
  ],
  [
    'a reservation that nobody remembers',
    [
      STATE('{payments,0,operations,1,requested_at}', '"2026-01-01T00:00:00.000Z"'),
      STATE('{payments,0,refunds}', '[]'),
    ],
    ['reservations_not_forgotten', 'state_is_fold', 'invoice_columns', 'payment_rows', 'operation_rows'],
    /this refund has been under way since 2026-01-01T00:00:00.000Z, and nobody knows why/,
  ],
  [
    'a reservation that is unknown, and no case',
    [
      STATE('{payments,0,operations,1,unknown_at}', '"2026-01-01T00:00:00.000Z"'),
      STATE('{payments,0,refunds}', '[]'),
    ],
    ['reservations_not_forgotten', 'state_is_fold', 'invoice_columns', 'payment_rows', 'operation_rows'],
    /this refund has been unknown since 2026-01-01T00:00:00.000Z, and nobody was asked to decide/,
  ],
  [
    'an answer about something that is not there',
    [
      `insert into idempotency_keys (merchant_id, mode, key, request_hash, resource_id, answer_status, answer_body)
       select merchant_id, mode, 'k1', '', 'inv_gone', 201, to_jsonb('{"id": "inv_gone"}'::text) from invoices limit 1`,
    ],
    ['answers_true'],
    /told that it was made, and it is not there/,
  ],
  [
    'one thing that two requests were told they made',
    [1, 2].map(
      (
        n,
      ) => `insert into idempotency_keys (merchant_id, mode, key, request_hash, resource_id, answer_status, answer_body)
       select merchant_id, mode, 'k${n}', '', id, 201, to_jsonb(json_build_object('id', id)::text) from invoices where id = ${SECOND}`,
    ),
    ['answers_true'],
    /2 requests were told that they made it/,
  ],
  [
    'an answer about something else',
    [
      `insert into idempotency_keys (merchant_id, mode, key, request_hash, resource_id, answer_status, answer_body)
       select merchant_id, mode, 'k1', '', id, 201, to_jsonb('{"id": "inv_other"}'::text) from invoices where id = ${SECOND}`,
    ],
    ['answers_true'],
    /the answer to its request is about inv_other/,
  ],
  [
    'two payments with one provider id',
    [
      'drop index payments_by_provider_id',
      `update payments set provider_payment_id = 'PR-a' where invoice_id = ${SECOND}`,
    ],
    ['provider_ids_unique', 'payment_rows'],
    /2 payments have the provider id PR-a/,
  ],
];

it.each(DAMAGES)('finds %s, and says what is wrong', async (_what, statements, found, says) => {
  for (const name of ['a', 'b']) await story(name);
  await damage(...statements);
  const report = await audit(db.pool, { batch: 2 });
  expect(report.ok).toBe(false);
  expect(
    broken(report)
      .map(({ id }) => id)
      .sort(),
  ).toEqual([...found].sort());
  const [finding] = broken(report).filter(({ id }) => id === found[0]);
  expect(finding!.violations.map(({ message }) => message).join('\n')).toMatch(says);
});

it('finds webhooks that nobody applied, and those that ended without a reason', async () => {
  const invoice = await db.invoice();
  const payment = await db.payment(invoice);
  const ids = [];
  for (let n = 0; n < 4; n += 1) ids.push(await db.webhook(invoice, payment, {}));
  const [fresh, old, dead, odd] = ids;
  await damage(
    `update webhook_events set received_at = now() - interval '1 hour' where id = '${old}'`,
    `update webhook_events set state = 'dead', processed_at = now() where id = '${dead}'`,
    `update webhook_events set state = 'processed' where id = '${odd}'`,
  );
  const [finding] = broken(await audit(db.pool));
  expect(finding).toMatchObject({ id: 'webhooks_ended', count: 3 });
  expect(finding!.violations.map(({ about }) => about).sort()).toEqual([old, dead, odd].map(String).sort());
  const strict = await audit(db.pool, { webhook_grace_s: 0 });
  expect(broken(strict)[0]!.violations.map(({ about }) => about)).toContain(fresh);
});

it('finds webhooks that nobody sends, attempts that do not fit, and events that an endpoint was not told of', async () => {
  await db.pool.query(
    `insert into webhook_endpoints (id, merchant_id, mode, url, event_types, api_version, secrets, created_at, updated_at)
     values ('whe_audit1', $1, 'sandbox', 'http://127.0.0.1:1', '{invoice.*,payment.money_received}', '2026-11-01', '', now(), now() - interval '1 hour')`,
    [db.merchant_id],
  );
  await story('a');
  const { rows } = await db.pool.query<{ id: string; event_id: string }>(
    'select id, event_id from deliveries order by id',
  );
  expect(rows.length).toBeGreaterThan(3);
  expect(broken(await audit(db.pool))).toEqual([]);
  const [late, odd, lost] = rows;
  await damage(
    `update deliveries set next_attempt_at = now() + interval '1 hour' where id = '${rows.at(-1)!.id}'`,
    `update deliveries set subject = 'alone', next_attempt_at = now() - interval '1 hour' where id = '${late!.id}'`,
    `update deliveries set status = 'delivered', next_attempt_at = null, attempts = 1 where id = '${odd!.id}'`,
    `delete from deliveries where id = '${lost!.id}'`,
    `update outgoing_events set recorded_at = now() - interval '5 minutes'`,
  );
  const found = broken(await audit(db.pool));
  expect(found.map(({ id, violations }) => [id, violations.map(({ about }) => about)])).toEqual([
    ['deliveries_end', [late!.id, odd!.id]],
    ['events_addressed', [lost!.event_id]],
  ]);
});

it('counts all violations and keeps the first of them', async () => {
  for (const name of ['a', 'b', 'c']) await story(name);
  await damage(`update invoices set status = 'open'`);
  const [finding] = broken(await audit(db.pool, { limit: 2 }));
  expect(finding).toMatchObject({ id: 'invoice_columns', count: 3 });
  expect(finding!.violations).toHaveLength(2);
});

it('goes on with the others when one record is beyond reading', async () => {
  for (const name of ['a', 'b', 'c']) await story(name);
  await damage(
    `update invoices set state = '{}' where id = ${SECOND}`,
    `update payments set status = 'pending' where invoice_id = (select max(id) from invoices)`,
  );
  const { findings } = await audit(db.pool);
  const rows = findings.find(({ id }) => id === 'payment_rows')!;
  expect(rows.count).toBe(2);
  expect(rows.violations.map(({ message }) => message).join('\n')).toMatch(/cannot be read[^]*"pending"/);
});

it('lets commits through while it reads, and sees each of them whole or not at all', async () => {
  const ends = Promise.all(['a', 'b', 'c', 'd'].map(story));
  const writing = { going: true };
  void ends.finally(() => (writing.going = false));
  do expect(broken(await audit(db.pool, { batch: 1 }))).toEqual([]);
  while (writing.going);
  expect(await ends).toHaveLength(4);
});
