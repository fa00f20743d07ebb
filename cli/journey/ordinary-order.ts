/** An order that any provider takes: what the demo and `sarraf trigger` make. */
import type { PaymentService } from './clients.ts';
import { ensure } from './scene.ts';

/** Enough of a customer for every provider. */
export const CUSTOMER = { name: 'Amal Haddad', email: 'otp.success@tabby.ai', phone: '+9647701234567' };
export const RETURN_URLS = {
  success: 'https://shop.example.com/paid',
  failure: 'https://shop.example.com/failed',
};

/** US dollars where they are taken, because a simulated business may have only those; an amount well within the limits. */
export function ordinaryAmount({ currencies }: PaymentService): { currency: string; amount: number } {
  const limits = currencies.find(({ currency }) => currency === 'USD') ?? currencies[0];
  ensure(limits !== undefined, 'the service takes no currency');
  const { currency, min, max, step } = limits;
  const wanted = Math.max(2 * min, Math.min(20_000, max));
  return { currency, amount: Math.ceil(wanted / step) * step };
}
