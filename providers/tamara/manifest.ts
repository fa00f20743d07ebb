/** Tamara's facts, declared in one place. */
import { currency } from '../../domain/currency.ts';
import { fromWholeUnits } from '../../domain/money.ts';
import type { Manifest, MethodManifest } from '../contract.ts';

/** Each merchant and customer has limits of their own; these are ours, far above them. */
const AMOUNTS = ['AED', 'BHD', 'KWD', 'OMR', 'SAR'].map(currency).map((code) => ({
  currency: code,
  min: 1,
  max: fromWholeUnits(1_000_000, code).amount,
  step: 1,
}));

const method = (name: string, title: string): MethodManifest => ({
  method: name,
  title,
  flow: 'redirect',
  amounts: AMOUNTS,
  // Tamara's own default; another one has to be enabled by its support.
  lifetime_s: 30 * 60,
  // "If an order is not captured within 21 days", Tamara captures it; an older page says that it expires after 90.
  authorization_s: 21 * 24 * 3600,
  requires: ['customer.name', 'customer.phone', 'customer.email'],
  description_max: 256,
});

export const manifest: Manifest = {
  provider: 'tamara',
  title: 'Tamara',
  countries: ['SA', 'AE', 'BH', 'KW', 'OM'],
  hosts: { live: 'https://api.tamara.co', sandbox: 'https://api-sandbox.tamara.co' },
  methods: [
    method('instalments', 'Tamara, in instalments'),
    method('pay_now', 'Tamara, paid in full at once'),
  ],
  capture: 'manual_many',
  refund: 'partial',
  can_expire: false,
  lookup: 'by_reference',
  webhook_trust: 'hint',
  // What a customer does is told to the URL of the payment as well; everything later only to a URL that is registered.
  webhook_registration: 'api',
  poll_s: [30, 120, 420, 1200],
  settlement_days: 7,
};
