/** Which of the merchant's linked payment services stands for a method. */
import { refused } from '../check-request.ts';
import type { ProviderContext } from '../contract.ts';
import { call, linkedServices, type FuratPayCredentials, type LinkedService } from './wire.ts';

export type ServiceMethod = 'fib' | 'zaincash' | 'fastpay' | 'qicard' | 'paytabs';

/** The services that FuratPay's documentation and plugins name, and how their names begin without case, spaces and signs. */
export const SERVICE_NAMES: Readonly<Record<ServiceMethod, { title: string; names: readonly string[] }>> = {
  fib: { title: 'First Iraqi Bank', names: ['fib', 'firstiraqibank'] },
  zaincash: { title: 'ZainCash', names: ['zaincash', 'zain'] },
  fastpay: { title: 'FastPay', names: ['fastpay'] },
  qicard: { title: 'QiCard', names: ['qicard', 'qi'] },
  paytabs: { title: 'PayTabs', names: ['paytabs'] },
};

export const isServiceMethod = (method: string): method is ServiceMethod =>
  Object.hasOwn(SERVICE_NAMES, method);

/** As the plugin asks for them; nobody links more services than there are. */
const PAGE_SIZE = 10;
const MAX_PAGES = 5;

/**
 * The linked service of this method by its name: FuratPay's ids are the merchant's own. A service in production comes
 * before one that is being tested. Throws `ProviderError` of kind `invalid_request` when none is linked.
 */
export async function linkedServiceFor(
  context: ProviderContext<FuratPayCredentials>,
  method: ServiceMethod,
): Promise<LinkedService> {
  const services = await allLinked(context);
  const fitting = services.filter(({ name }) => isNamed(name, method));
  const service = fitting.find(({ status }) => status?.toLowerCase() === 'production') ?? fitting[0];
  if (service) return service;
  throw refused(
    'service_not_linked',
    `${SERVICE_NAMES[method].title} is not among the payment services linked at FuratPay`,
  );
}

async function allLinked(context: ProviderContext<FuratPayCredentials>): Promise<LinkedService[]> {
  const found: LinkedService[] = [];
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const path = `/payment_service/linked/list?limit=${PAGE_SIZE}&offset=${page * PAGE_SIZE}&status=production,testing`;
    const { data } = await call(
      context,
      { operation: 'list_services', method: 'GET', path, mutates: false },
      linkedServices,
    );
    found.push(...data.data);
    if (data.data.length < PAGE_SIZE) break;
  }
  return found;
}

function isNamed(name: string, method: ServiceMethod): boolean {
  const letters = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  return SERVICE_NAMES[method].names.some((known) => letters.startsWith(known));
}
