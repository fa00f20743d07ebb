/**
 * Webhooks that the simulators really send, through `verifyWebhook` and `parseWebhook` of every connector: doubled, late,
 * reordered and forged in every way that is not a matter of bytes. (For those see `providers/contract.test.ts`.)
 */
import type { IncomingWebhook, WebhookClaim } from '../../providers/contract.ts';
import { connectors } from '../../providers/index.ts';
import type { RunningSimulator } from '../../sandbox/simulator.ts';
import { startSimulator } from '../setup/provider-rig.ts';
import { accountAt, must, useSitting, type Known } from './sitting.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

describe.each(connectors.map((connector) => [connector.manifest.provider, connector] as const))(
  'webhooks of %s',
  (provider, connector) => {
    const sitting = useSitting(connector);
    const { rig, paid, read, context } = sitting;
    const { method } = must(connector.manifest.methods[0]);
    const verdict = (webhook: IncomingWebhook, account = context().account) =>
      connector.verifyWebhook(account, webhook);
    const claim = ({ body }: IncomingWebhook) => connector.parseWebhook(body);
    const keys = (webhooks: readonly IncomingWebhook[]) => webhooks.map((one) => claim(one).event_key);

    /** What tells of a payment, in the order of arrival; what came before is forgotten. */
    async function told(known: Known, act: () => void = () => undefined): Promise<IncomingWebhook[]> {
      const { webhooks } = sitting.exam;
      await rig.received();
      rig.merchant.received.length = 0;
      act();
      if (webhooks.come === 'by_themselves') return rig.received();
      return [await webhooks.of(rig.simulator, known.provider_payment_id)];
    }
    /** A payment that is paid now, with what was told of that. */
    async function announced(): Promise<{ known: Known; webhooks: IncomingWebhook[] }> {
      const known = await sitting.create(method);
      const webhooks = await told(known, () => rig.simulator.payments.pay(known.provider_payment_id, {}));
      expect(webhooks.length).toBeGreaterThan(0);
      return { known, webhooks };
    }

    it('are believed, lead to the payment, and claim no more than their proof covers', async () => {
      const { known, webhooks } = await announced();
      const reading = await read(known);
      for (const webhook of webhooks) {
        expect(verdict(webhook)).toEqual({ ok: true });
        const said = claim(webhook);
        expect(leadsTo(said, known)).toBe(true);
        expect(said.reading === null).toBe(connector.manifest.webhook_trust === 'hint');
        if (said.reading) {
          expect(said.reading).toMatchObject({ currency: known.money.currency, receipts: reading.receipts });
        }
      }
    });

    it('have the same key in every copy and another for every event', async () => {
      const { known, webhooks } = await announced();
      const { webhooks: others } = await announced();
      expect(intersection(keys(webhooks), keys(others))).toEqual([]);
      if (sitting.exam.webhooks.come === 'from_merchant') {
        expect(keys(await told(known))).toEqual(keys(webhooks));
        return;
      }
      rig.simulator.webhooks.arm({ do: 'double', copies: 3 }, webhooks.length);
      const copies = await announced();
      expect(copies.webhooks.map((one) => verdict(one).ok)).toEqual(copies.webhooks.map(() => true));
      expect(copies.webhooks).toHaveLength(webhooks.length * 3);
      expect(new Set(keys(copies.webhooks)).size).toBe(new Set(keys(webhooks)).size);
      const { another_event } = sitting.exam.webhooks;
      const more = await told(known, () => another_event(rig.simulator, known.provider_payment_id));
      expect(more.length).toBeGreaterThan(0);
      expect(intersection(keys(more), keys(webhooks))).toEqual([]);
      for (const webhook of more) expect(leadsTo(claim(webhook), known)).toBe(true);
    });

    it('are believed when they come an hour late or out of order, and the payment reads the same', async () => {
      if (sitting.exam.webhooks.come === 'from_merchant') {
        const { known } = await announced();
        const [late] = await told(known);
        return expect(verdict({ ...must(late), received_at: Date.now() + 3_600_000 })).toEqual({ ok: true });
      }
      const { webhooks: sender, payments } = rig.simulator;
      const [first, second] = [await sitting.create(method), await sitting.create(method)];
      sender.arm({ do: 'delay', delay_ms: 3_600_000 }, 1);
      payments.pay(first.provider_payment_id, {});
      const early = await told(first, () => payments.pay(second.provider_payment_id, {}));
      expect(early.some((one) => leadsTo(claim(one), second))).toBe(true);
      await rig.advance(3_601);
      sender.arm({ do: 'reorder' }, 1);
      const third = await paid(method);
      await paid(method);
      sender.flush();
      const all = await rig.received();
      expect(all.filter((one) => !verdict(one).ok)).toEqual([]);
      for (const known of [first, second, third]) {
        expect(all.some((one) => leadsTo(claim(one), known))).toBe(true);
        expect(['paid', 'authorized']).toContain((await read(known)).status);
      }
    });

    it('are refused when the simulator forges them', async () => {
      if (sitting.exam.webhooks.come === 'from_merchant') return;
      const { known } = await announced();
      const forged = await told(known, () =>
        rig.simulator.payments.sendWebhook(known.provider_payment_id, { forge: true }),
      );
      expect(forged.length).toBeGreaterThan(0);
      for (const webhook of forged) expect(verdict(webhook)).toMatchObject({ ok: false });
    });

    it('are refused without their proof', async () => {
      const { webhooks } = await announced();
      for (const webhook of webhooks) {
        for (const bare of withoutProof(webhook, sitting.exam.sample)) {
          expect(verdict(bare)).toMatchObject({ ok: false, reason: expect.stringMatching(/_signature$/) });
        }
      }
    });

    it('are refused with another secret, and at another account', async () => {
      const { webhooks } = await announced();
      const { account } = context();
      const credentials = {
        ...Object(account.credentials),
        [sitting.exam.webhook_credential]: 'an0ther-secret',
      };
      for (const webhook of webhooks) {
        expect(verdict(webhook, { ...account, credentials })).toEqual({ ok: false, reason: 'bad_signature' });
      }
      const stranger = await startSimulator(provider, { seed: 'somebody else' });
      try {
        const theirs = accountAt(connector, stranger);
        for (const webhook of webhooks) expect(verdict(webhook, theirs).ok).toBe(false);
        const ours = await rig.received();
        await sendFrom(stranger, theirs);
        const sent = (await rig.received()).slice(ours.length);
        for (const webhook of sent) {
          expect(verdict(webhook, theirs)).toEqual({ ok: true });
          expect(verdict(webhook).ok).toBe(false);
        }
      } finally {
        await stranger.stop();
      }
    });

    /** Lets somebody else's account at the same provider be paid, with its webhooks sent to us. */
    async function sendFrom(
      stranger: RunningSimulator,
      account: ReturnType<typeof accountAt>,
    ): Promise<void> {
      stranger.webhooks.setUrl(new URL(rig.webhook_url));
      const order = sitting.order(method);
      const { provider_payment_id } = await connector.createPayment(context({ account }), order);
      stranger.payments.pay(provider_payment_id, {});
      await stranger.webhooks.idle();
    }

    it('are refused two days later exactly where a time is under the proof', async () => {
      const { webhooks } = await announced();
      for (const webhook of webhooks) {
        const later = verdict({ ...webhook, received_at: Date.now() + 2 * DAY_MS });
        expect(later).toEqual(
          sitting.exam.signs_time ? { ok: false, reason: 'stale_timestamp' } : { ok: true },
        );
      }
    });

    it('say nothing else when the body is changed', async () => {
      const { webhooks } = await announced();
      const { proof } = sitting.exam.sample;
      for (const webhook of webhooks) {
        const truth = claim(webhook);
        const text = new TextDecoder().decode(webhook.body);
        for (let at = 0; at < text.length; at += 7) {
          const other = text[at] === '7' ? '8' : '7';
          const changed = {
            ...webhook,
            body: new TextEncoder().encode(text.slice(0, at) + other + text.slice(at + 1)),
          };
          if (!verdict(changed).ok) continue;
          // What proves only the sender may be changed on the way: then it must never be more than a hint.
          if (proof === 'secret' || proof === 'path') expect(connector.manifest.webhook_trust).toBe('hint');
          else expect(claim(changed)).toEqual(truth);
        }
      }
    });
  },
);

function leadsTo({ provider_payment_id, reference }: WebhookClaim, known: Known): boolean {
  return provider_payment_id === known.provider_payment_id || reference === known.reference;
}

const intersection = (a: readonly string[], b: readonly string[]): string[] =>
  a.filter((one) => b.includes(one));

/** The webhook with each part of its proof taken away, and with all of it. */
function withoutProof(
  webhook: IncomingWebhook,
  { proof, webhook: sample }: { proof: string; webhook: IncomingWebhook },
): IncomingWebhook[] {
  if (proof === 'token') return [{ ...webhook, body: new TextEncoder().encode('{}') }];
  if (proof === 'path') return [{ ...webhook, path: webhook.path.slice(0, webhook.path.lastIndexOf('/')) }];
  const names = Object.keys(sample.headers).filter((name) => name !== 'x-client-id');
  const path = webhook.path.split('?', 1)[0] ?? '';
  const without = (gone: readonly string[]): IncomingWebhook => ({
    ...webhook,
    path,
    headers: Object.fromEntries(Object.entries(webhook.headers).filter(([name]) => !gone.includes(name))),
  });
  return [without(names), ...names.map((name) => without([name]))];
}
