/** Routing rules on the operations pages: seen by all, set by administrators, tried without a payment. */
import { findRouting } from '../../db/routing.ts';
import { ENGINES_TIMEOUT_MS } from '../../test/setup/engines.ts';
import { startTestApi, type TestApi } from '../testing/api.ts';
import { opsVisitor, type OpsVisitor } from '../testing/ops-visitor.ts';

let api: TestApi;
let admin: OpsVisitor;
let other: OpsVisitor;
let viewer: OpsVisitor;

beforeAll(async () => {
  api = await startTestApi();
  admin = await opsVisitor(api, { name: 'adam', role: 'admin' });
  other = await opsVisitor(api, { name: 'omar', role: 'admin' });
  viewer = await opsVisitor(api, { name: 'vera', role: 'viewer' });
}, ENGINES_TIMEOUT_MS);
afterAll(() => api.stop());
beforeEach(() => api.pool.query('delete from routings'));

const at = (): string => `/ops/routing/${api.merchant.id}`;
const rules = async () =>
  (await findRouting(api.pool, { merchant_id: api.merchant.id, mode: 'sandbox' })).rules;
const TEA = {
  name: 'Tea',
  currency: 'VND',
  amount_gte: '10,000',
  countries: 'vn, IQ',
  services: 'bazaar.qr\r\nbazaar.phone',
  reason: 'a test of theirs',
};

it('adds, changes and removes a rule, each with the reason in the audit trail', async () => {
  expect((await admin.get('/ops/routing')).text).toContain('No rules');
  const added = await admin.act(`${at()}/add`, TEA);
  expect([added.status, added.location]).toEqual([303, `${at()}?mode=sandbox`]);
  const tea = {
    name: 'Tea',
    currency: 'VND',
    amount_gte: 10_000,
    amount_lte: null,
    countries: ['VN', 'IQ'],
    strategy: 'in_order',
    fallback: true,
    services: [
      { payment_service: 'bazaar.qr', provider_account: null, weight: 1 },
      { payment_service: 'bazaar.phone', provider_account: null, weight: 1 },
    ],
  };
  expect(await rules()).toEqual([tea]);
  await admin.act(`${at()}/add`, {
    currency: 'IQD',
    amount_lte: '250',
    strategy: 'weighted',
    services: `bazaar.qr ${api.merchant.account} 7`,
    place: '1',
    reason: 'first',
  });
  expect((await rules())[0]).toMatchObject({
    currency: 'IQD',
    amount_lte: 250_000,
    services: [{ payment_service: 'bazaar.qr', provider_account: api.merchant.account, weight: 7 }],
  });
  // What is filled in is what is there: sent back untouched, nothing of the rule changes.
  const before = await rules();
  expect((await admin.act(`${at()}/edit?rule=0`, { reason: 'untouched' })).status).toBe(303);
  expect(await rules()).toEqual(before);
  expect(
    (await admin.act(`${at()}/edit?rule=1`, { place: '1', fallback: 'false', reason: 'no luck' })).status,
  ).toBe(303);
  expect((await rules())[0]).toEqual({ ...tea, fallback: false });
  expect((await admin.act(`${at()}/remove?rule=1`, { reason: 'over' })).status).toBe(303);
  expect(await rules()).toEqual([{ ...tea, fallback: false }]);
  const { rows } = await api.pool.query<{ actor_id: string; reason: string }>(
    `select actor_id, details->>'reason' as reason from audit_entries where action = 'routing.changed' order by id`,
  );
  expect(rows.map(({ actor_id, reason }) => `${actor_id}: ${reason}`)).toEqual(
    ['a test of theirs', 'first', 'untouched', 'no luck', 'over'].map((reason) => `adam: ${reason}`),
  );
});

it('lets nobody overwrite rules that they have not seen, and keeps what they had filled in', async () => {
  await admin.act(`${at()}/add`, TEA);
  const seen = await admin.form(`${at()}/edit?rule=0`);
  await other.act(`${at()}/edit?rule=0`, { name: 'Coffee', reason: 'mine' });
  seen.set('name', 'Cardamom');
  seen.set('reason', 'mine too');
  const refused = await admin.send(`${at()}/edit?rule=0`, seen);
  expect(refused.status).toBe(409);
  expect(refused.text).toContain('Somebody has changed the rules meanwhile');
  expect(refused.text).toContain('value="Cardamom"');
  expect((await rules()).map(({ name }) => name)).toEqual(['Coffee']);
});

const WRONG: readonly (readonly [string, Record<string, string>, string])[] = [
  [
    'a service that nobody knows',
    { services: 'bazaar.qr\nbazaar.barter' },
    'a line that cannot be used: bazaar.barter',
  ],
  ['the same service twice', { services: 'bazaar.qr\nbazaar.qr' }, 'is there already'],
  [
    'a weight that is none',
    { services: 'bazaar.qr heavy', strategy: 'weighted' },
    'a line that cannot be used: bazaar.qr',
  ],
  ['no service', { services: ' ' }, 'field-services-error'],
  ['an amount that is none', { amount_gte: 'much' }, 'must be an amount in VND'],
  ['a range that nothing fits', { amount_gte: '20', amount_lte: '10' }, 'field-amount_lte-error'],
  ['a country that is none', { countries: 'Vietnam' }, 'field-countries-error'],
  ['a place that is none', { place: '7' }, 'must be a place from 1 to 1'],
  ['no reason', { reason: ' ' }, 'field-reason-error'],
];

it.each(WRONG)('says at the field what is wrong: %s', async (_what, fields, said) => {
  const { status, text } = await admin.act(`${at()}/add`, { ...TEA, ...fields });
  expect(status).toBe(422);
  expect(text).toContain(said);
  expect(text).toContain('value="Tea"');
  expect(await rules()).toEqual([]);
});

it('says which other rule a change would make senseless', async () => {
  await admin.act(`${at()}/add`, TEA);
  const all = { currency: 'VND', services: 'bazaar.qr', place: '1', reason: 'all of it' };
  const { status, text } = await admin.act(`${at()}/add`, all);
  expect([status, text.includes('With this change, rule 2 could not stay')]).toEqual([400, true]);
});

it('tries a payment that nobody makes: what it would take, and why not the others', async () => {
  await admin.act(`${at()}/add`, { ...TEA, countries: '' });
  const asked = `${at()}?amount=25,000&currency=VND`;
  expect((await viewer.get(asked)).text).toContain('would take bazaar.qr');
  const unknown = (await viewer.get(`${asked}&customer=unknown`)).text;
  expect(unknown).toContain('Passed over');
  expect(unknown).toContain('customer&#39;s phone');
  expect((await viewer.get(`${at()}?amount=5&currency=VND`)).text).toContain(
    'No rule matches such a payment',
  );
  expect((await viewer.get(`${at()}?amount=much&currency=VND`)).text).toContain('must be an amount in VND');
  expect((await viewer.get(`${at()}?amount=1&currency=XXX`)).text).toContain('currency is not known');
  expect((await viewer.get(`${asked}&country=Iraq`)).text).toContain('two letters');
  const { rows } = await api.pool.query('select from payments');
  expect(rows).toEqual([]);
});

it('is looked at by viewers, changed by administrators alone, and of no merchant but their own', async () => {
  await admin.act(`${at()}/add`, TEA);
  const page = await viewer.get(at());
  expect(page.text).toContain('Tea');
  expect(page.text).toContain('Administrators change them.');
  expect(page.text).not.toContain('/add');
  expect((await viewer.get(`${at()}/add`)).status).toBe(403);
  const elsewhere = await api.addMerchant();
  const bound = await opsVisitor(api, { name: 'bound', role: 'admin', merchant_id: elsewhere.id });
  expect((await bound.get(at())).status).toBe(404);
  expect((await bound.get(`${at()}/remove?rule=0`)).status).toBe(404);
  expect((await bound.get(`/ops/routing/${elsewhere.id}`)).status).toBe(200);
});
