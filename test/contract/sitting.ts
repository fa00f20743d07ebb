/** One provider sitting its exam: orders that fit its manifest, and payments brought to where a question begins. */
import { isCurrency, type Currency } from '../../domain/currency.ts';
import { money, type Money } from '../../domain/money.ts';
import { returnAddresses } from '../../domain/return-address.ts';
import type {
  Connector,
  CreatedPayment,
  CreatePayment,
  MethodManifest,
  MoneyOperation,
  PaymentReading,
  ProviderAccount,
  ProviderContext,
} from '../../providers/contract.ts';
import { examOf, type Exam } from '../../providers/exam.ts';
import type { RunningSimulator } from '../../sandbox/simulator.ts';
import { useRig, type Rig } from '../setup/provider-rig.ts';

/** A payment that the provider knows. */
export interface Known {
  readonly provider_payment_id: string;
  readonly method: string;
  readonly reference: string;
  readonly money: Money;
  readonly created: CreatedPayment;
}

export interface Sitting {
  readonly rig: Rig<unknown>;
  readonly exam: Exam;
  /** The rig's, with the clock that the exam asks for. */
  context(over?: Partial<ProviderContext<unknown>>): ProviderContext<unknown>;
  /** An order like thousands of others, with a reference of its own. */
  order(method: string, over?: Partial<CreatePayment>): CreatePayment;
  create(method: string, over?: Partial<CreatePayment>): Promise<Known>;
  /** Created, and the customer has done their part. */
  paid(method: string, over?: Partial<CreatePayment>): Promise<Known>;
  /** The same with the money taken, where that is a step of its own. */
  settled(method: string, over?: Partial<CreatePayment>): Promise<Known>;
  read(known: Known): Promise<PaymentReading>;
  /** A capture or refund of this amount, with a key of its own unless one is given. */
  operation(known: Known, amount: number, operation_key?: string): MoneyOperation;
  /** The limits of a method in one of the currencies that the simulator's account takes. */
  limits(method: string): MethodManifest['amounts'];
}

/** Sets up rig and exam for the tests of one `describe`. */
export function useSitting(connector: Connector<unknown>): Sitting {
  const { manifest } = connector;
  const rig = useRig(connector);
  let exam: Exam;
  beforeAll(async () => {
    exam = await examOf(manifest.provider);
  });
  let count = 0;
  const next = (prefix: string): string => `${prefix}_${String((count += 1)).padStart(26, '0')}`;

  const context: Sitting['context'] = (over = {}) =>
    rig.context({ ...(exam.clock === 'simulator' ? { now: () => rig.simulator.clock.now() } : {}), ...over });
  const limits: Sitting['limits'] = (name) => {
    const { amounts } = methodOf(connector, name);
    return amounts.filter(({ currency }) => exam.currencies?.includes(currency) ?? true);
  };
  const order: Sitting['order'] = (method, over = {}) => {
    const reference = over.reference ?? next('pay');
    return {
      reference,
      idempotency_key: `${next('inv')}:create:${reference}`,
      method,
      money: typical(limits(method)[0]),
      description: 'Order 1001',
      customer: { name: 'Sara Haddad', email: 'sara@example.com', phone: '+96550000001' },
      items: [],
      webhook_url: rig.webhook_url,
      return_urls: returnAddresses('https://sarraf.example/return/t1'),
      ...exam.order,
      ...over,
    };
  };
  const create: Sitting['create'] = async (method, over) => {
    const request = order(method, over);
    const created = await connector.createPayment(context(), request);
    const { reference, money: due } = request;
    return {
      provider_payment_id: created.provider_payment_id,
      method,
      reference,
      money: due,
      created,
    };
  };
  const paid: Sitting['paid'] = async (method, over) => {
    const known = await create(method, over);
    rig.simulator.payments.pay(known.provider_payment_id, {});
    return known;
  };
  const operation: Sitting['operation'] = (known, amount, operation_key = `${next('inv')}:operation:1`) => ({
    provider_payment_id: known.provider_payment_id,
    method: known.method,
    money: money(amount, known.money.currency),
    operation_key,
    reason: null,
  });

  return {
    rig,
    get exam() {
      return exam;
    },
    context,
    limits,
    order,
    create,
    paid,
    settled: async (method, over) => {
      const known = await paid(method, over);
      if (captureOf(connector, method) !== 'automatic') {
        await must(connector.capturePayment)(context(), operation(known, known.money.amount));
      }
      return known;
    },
    read: (known) => connector.readPayment(context(), known),
    operation,
  };
}

/** An ordinary amount between the limits, with as many digits as the step allows. */
export function typical(
  limits: { readonly currency: Currency; min: number; max: number; step: number } | undefined,
): Money {
  if (!limits) throw new Error('the simulator takes no currency of the manifest');
  const { min, max, step, currency } = limits;
  const middle = Math.round(Math.sqrt(min * max) / step) * step;
  return money(Math.min(middle + 7 * step, max), currency);
}

export function captureOf(
  connector: Connector<unknown>,
  method: string,
): 'automatic' | 'manual_once' | 'manual_many' {
  return methodOf(connector, method).capture ?? connector.manifest.capture;
}

function methodOf({ manifest }: Connector<unknown>, name: string): MethodManifest {
  const found = manifest.methods.find(({ method }) => method === name);
  if (!found) throw new Error(`${manifest.title} has no method ${name}`);
  return found;
}

/** Somebody else's account, at a simulator of their own. */
export function accountAt(
  connector: Connector<unknown>,
  { baseUrl, credentials }: RunningSimulator,
): ProviderAccount<unknown> {
  return { id: 'acc_2', base_url: baseUrl, credentials: connector.credentials.parse(credentials) };
}

/** A function that the manifest promises. */
export function must<F>(promised: F | undefined): F {
  if (promised === undefined) throw new Error('the manifest promises a function that is not there');
  return promised;
}

/** The currency of a code that the manifest does not have, for a refusal. */
export function foreignCurrency({ amounts }: MethodManifest): Currency {
  const code = ['CHF', 'JPY', 'NOK'].find((one) => !amounts.some(({ currency }) => currency === one));
  if (code === undefined || !isCurrency(code)) throw new Error('the manifest takes every currency');
  return code;
}
