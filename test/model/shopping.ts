/**
 * One random story on the real stack: a merchant at the API, a customer and bad luck at a provider's simulator. Every call's
 * answer is checked as it comes; what the story left behind is judged by `verdict.ts`.
 */
import type { Provider, Shop } from '../setup/shop.ts';
import type { TestStack } from '../setup/stack.ts';
import type { Dice } from './seed.ts';

type Body = Readonly<Record<string, unknown>>;

interface Call {
  readonly method: 'POST';
  readonly path: string;
  readonly body: Body;
  readonly key: string;
}

/** What a merchant's program may be told. Everything else is a mistake of ours. */
const ANSWERS: ReadonlySet<number> = new Set([200, 201, 202, 402, 409, 422, 502, 503, 504]);
const POLICIES = ['accept', 'refund', 'hold'] as const;
/** Providers whose customers pay any amount, as often as they like. */
const ANY_AMOUNT: ReadonlySet<Provider> = new Set(['finan', 'rehive']);
const AUTHORIZING: ReadonlySet<Provider> = new Set(['tabby', 'tamara', 'myfatoorah']);
const DUE_S = 110;

export interface Story {
  readonly provider: Provider;
  readonly invoice: string;
  readonly due: number;
  readonly policies: { readonly late: string; readonly excess: string };
  /** Refunds that were recorded and never sent: id and minor units. */
  readonly byHand: ReadonlyMap<string, number>;
  /** What happened, for people. */
  readonly log: readonly string[];
  /** One more thing happens. */
  step(): Promise<void>;
  /** A person decides what is before one, and the merchant takes or gives up what is authorized. */
  decide(): Promise<void>;
  /** Lets time pass for this invoice, and all that is due on the way happen; false when nothing of it is in flight. */
  pass(advance_s: number): Promise<boolean>;
  /** The provider tells once more of each payment and each transfer. */
  tellAgain(): Promise<void>;
  /** The customer pays although all is over. */
  payLate(): Promise<void>;
}

export async function beginStory(stack: TestStack, at: Shop, provider: Provider, dice: Dice): Promise<Story> {
  const log: string[] = [];
  const calls: Call[] = [];
  const made = new Map<string, string>();
  const byHand = new Map<string, number>();
  const due = at.amount(provider);
  const policies = { late: dice.pick(POLICIES), excess: dice.pick(POLICIES) };
  const manual = AUTHORIZING.has(provider) && dice.oneIn(2);
  const { id: invoice } = await at.invoice(provider, {
    late_money: policies.late,
    excess_money: policies.excess,
    due_at: new Date(Date.now() + DUE_S * 1000).toISOString(),
    ...(manual ? { capture_method: 'manual' } : {}),
  });
  let keys = 0;

  /** Sends it and checks what can be told from the answer alone. */
  async function send(call: Call): Promise<Body> {
    const { status, body } = await stack.call(call.method, call.path, call.body, {
      'idempotency-key': call.key,
    });
    const { id, code } = body;
    log.push(
      `${call.path} ${JSON.stringify(call.body)} ${call.key.slice(-3)}: ${status} ${JSON.stringify(code ?? id)}`,
    );
    if (!ANSWERS.has(status)) throw new Error(`${call.path} answered ${status}: ${JSON.stringify(body)}`);
    if (status >= 400 && typeof code !== 'string')
      throw new Error(`${status} without a code: ${JSON.stringify(body)}`);
    if (status < 300 && typeof id === 'string') {
      const first = made.get(call.key) ?? id;
      if (first !== id) throw new Error(`${call.key} made ${first}, and then ${id}`);
      made.set(call.key, id);
      if (call.body['manual'] === true) byHand.set(id, Number(body['amount']));
    }
    return body;
  }
  async function say(path: string, body: Body = {}): Promise<Body> {
    const call: Call = {
      method: 'POST',
      path,
      body,
      key: `${invoice}-${String((keys += 1)).padStart(3, '0')}`,
    };
    calls.push(call);
    // A client that hears nothing in time, or is in a hurry, sends the same again.
    if (!dice.oneIn(8)) return send(call);
    const [first] = await Promise.all([send(call), send(call)]);
    return first;
  }

  const control = async (what: string, path: string, body: Body = {}): Promise<void> => {
    const response = await fetch(`${stack.sandbox.controlUrl}/${provider}/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    log.push(`${what} ${JSON.stringify(body)}: ${response.status}`);
    // The provider has no such thing, or not any more.
    if (![200, 400, 409].includes(response.status)) {
      throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    }
  };
  const anyAccepted = async (): Promise<string | undefined> =>
    dice.anyOf(await at.accepted(provider, invoice))?.id;
  const anyPayment = async (): Promise<string | undefined> => dice.anyOf(await at.paymentIds(invoice));
  const part = (whole: number): number => {
    const parts = whole / dice.pick([2, 4, 5]);
    return dice.oneIn(5) ? whole * 2 : parts;
  };

  async function pay(): Promise<void> {
    const id = await anyAccepted();
    if (id === undefined) return;
    const body: Body = ANY_AMOUNT.has(provider) && dice.oneIn(2) ? { amount: part(due) } : {};
    await control(
      'the customer pays',
      `payments/${id}/pay`,
      dice.oneIn(4) ? { ...body, after_expiry: true } : body,
    );
  }

  const FAULTS: readonly [Body, ...Body[]] = [
    { kind: 'status', status: 503 },
    { kind: 'status', status: 500, after_accept: true },
    { kind: 'status', status: 429, retry_after_s: 1 },
    { kind: 'reset' },
    { kind: 'reset_after_accept' },
    { kind: 'truncate' },
    { kind: 'html' },
    { kind: 'empty' },
    { kind: 'slow', ms: 400 },
    { kind: 'slow', ms: 400, before: true },
  ];
  const MODES: readonly [Body, ...Body[]] = [
    { do: 'drop' },
    { do: 'double', copies: 3 },
    { do: 'delay', delay_ms: 300 },
    { do: 'reorder' },
    { do: 'forge' },
  ];

  const request = (): Promise<unknown> =>
    say(`/v1/invoices/${invoice}/payments`, { payment_service: at.service(provider) });
  const withPayment = (then: (id: string) => Promise<unknown>) => async (): Promise<void> => {
    const id = await anyPayment();
    if (id !== undefined) await then(id);
  };
  const amount = (): Body => (dice.oneIn(2) ? {} : { amount: part(due) });
  const refund = withPayment((payment) => say('/v1/refunds', { payment, ...amount() }));
  const refundByHand = withPayment((payment) => say('/v1/refunds', { payment, manual: true, ...amount() }));
  const capture = withPayment((id) => say(`/v1/payments/${id}/capture`, amount()));
  const release = withPayment((id) => say(`/v1/payments/${id}/void`));
  const cancel = (): Promise<unknown> => say(`/v1/invoices/${invoice}/cancel`);
  const again = async (): Promise<void> => {
    const call = dice.anyOf(calls);
    if (call) await send(call);
  };
  const fault = (): Promise<void> => {
    const body = dice.oneIn(40) ? { kind: 'hang_after_accept' } : dice.pick(FAULTS);
    return control('bad luck', 'faults', { ...body, times: 1 });
  };
  const webhook = (): Promise<void> => control('the next webhook', 'webhooks/next', dice.pick(MODES));
  const oneMore = async (): Promise<void> => {
    const id = await anyAccepted();
    if (id !== undefined) await control('one more webhook', `payments/${id}/webhooks`);
  };
  const end = async (): Promise<void> => {
    const id = await anyAccepted();
    if (id !== undefined) await control('it ends there', `payments/${id}/${dice.pick(['fail', 'expire'])}`);
  };
  const time = async (): Promise<void> => {
    await pass(dice.pick([10, 40, 70]));
  };
  const pass: Story['pass'] = async (advance_s) => {
    // A long way may take longer than the call waits: then it is followed in small steps.
    for (let step_s = advance_s; ; step_s = 1) {
      const { status, body } = await stack.call('POST', `/v1/invoices/${invoice}/test_clock`, {
        advance_s: step_s,
      });
      log.push(`${step_s} s pass: ${status} ${String(body['settled'])}`);
      if (status === 409) return false;
      if (status !== 200) throw new Error(`the clock answered ${status}: ${JSON.stringify(body)}`);
      if (body['settled'] === true) return body['in_flight'] === true;
    }
  };

  type Act = () => Promise<unknown>;
  const ACTS: readonly [Act, ...Act[]] = [
    request,
    request,
    pay,
    pay,
    pay,
    fault,
    fault,
    webhook,
    oneMore,
    end,
    cancel,
    refund,
    refund,
    refundByHand,
    ...(AUTHORIZING.has(provider) ? [capture, capture, release] : []),
    again,
    again,
    time,
  ];

  async function decideCase(one: Body): Promise<void> {
    const reason = { name: 'Dana Karim', reason: 'has looked at it' };
    const path = `/v1/cases/${String(one['id'])}/resolve`;
    switch (one['kind']) {
      case 'late_money':
      case 'excess_money': {
        const decision = dice.pick(['accept', 'refund', 'refund_by_hand']);
        const { status } = await say(path, { decision, ...reason });
        if (status === 'resolved' && decision === 'refund_by_hand') {
          byHand.set(String(one['id']).replace('case_', 'rfd_'), Number(one['amount']));
        }
        // Refused where the provider refunds no part: then somebody sends it back.
        if (status !== 'resolved') await say(path, { decision: 'accept', ...reason });
        return;
      }
      case 'unknown_payment': {
        const found = (await at.books(provider)).find(
          (line) => line.kind === 'payment_created' && line.reference === one['payment'],
        );
        await say(
          path,
          found
            ? { decision: 'it_exists', provider_id: found.payment_id, ...reason }
            : { decision: 'it_does_not_exist', ...reason },
        );
        return;
      }
      default:
        throw new Error(`a case that nobody expected: ${JSON.stringify(one)}`);
    }
  }

  return {
    provider,
    invoice,
    due,
    policies,
    byHand,
    log,
    pass,
    async tellAgain() {
      for (const { id } of await at.accepted(provider, invoice)) {
        const { transfers } = (await at.control('GET', `/${provider}/payments/${id}`)) as {
          transfers: readonly { readonly id: string }[];
        };
        const bodies =
          provider === 'finan' ? transfers.map((transfer) => ({ transfer_id: transfer.id })) : [{}];
        for (const body of bodies) await control('told again', `payments/${id}/webhooks?wait=true`, body);
      }
    },
    async step() {
      if (!dice.oneIn(4)) return void (await dice.pick(ACTS)());
      log.push('at once:');
      await Promise.all([dice.pick(ACTS)(), dice.pick(ACTS)()]);
    },
    async decide() {
      const { body } = await stack.call('GET', `/v1/cases?status=open&invoice=${invoice}`);
      for (const one of body['data'] as readonly Body[]) await decideCase(one);
      const { payments } = await stack.merchantApi.invoice(invoice);
      for (const { id, status } of payments) {
        if (manual && ['authorized', 'partially_paid'].includes(status)) {
          await say(`/v1/payments/${id}/${dice.pick(['capture', 'void'])}`);
        }
      }
    },
    async payLate() {
      const id = await anyAccepted();
      if (id !== undefined)
        await control('the customer pays late', `payments/${id}/pay`, { after_expiry: true });
    },
  };
}
