/** MyFatoorah's facts, declared in one place. */
import { fromWholeUnits } from '../../domain/money.ts';
import type { Hosts, Manifest } from '../contract.ts';
import { COUNTRY_FACTS, type Country } from './countries.ts';

/** Limits are the gateways' and not published; these are ours: up to ten million of each currency. */
const AMOUNTS = Object.values(COUNTRY_FACTS).map(({ currency }) => ({
  currency,
  min: 1,
  max: fromWholeUnits(10_000_000, currency).amount,
  step: 1,
}));
/** We send it as ExpiryDate, so it holds whatever the portal's own default is. */
const LIFETIME_S = 24 * 60 * 60;
/** MyFatoorah does not say. Card schemes let an ordinary authorization go after a week, a few of them later. */
const AUTHORIZATION_S = 7 * 24 * 60 * 60;
/** One test host serves all countries. */
const hostsOf = (name: string): Hosts => ({
  live: `https://${name}.myfatoorah.com`,
  sandbox: 'https://apitest.myfatoorah.com',
});
const REGIONS: Readonly<Record<Country, Hosts>> = {
  KWT: hostsOf('api'),
  BHR: hostsOf('api'),
  OMN: hostsOf('api'),
  JOD: hostsOf('api'),
  SAU: hostsOf('api-sa'),
  ARE: hostsOf('api-ae'),
  QAT: hostsOf('api-qa'),
  EGY: hostsOf('api-eg'),
};

export const manifest: Manifest = {
  provider: 'myfatoorah',
  title: 'MyFatoorah',
  countries: ['KW', 'SA', 'AE', 'QA', 'BH', 'OM', 'JO', 'EG'],
  hosts: { ...hostsOf('api'), regions: REGIONS, region_credential: 'country' },
  methods: [
    {
      method: 'payment_link',
      title: 'MyFatoorah payment page',
      flow: 'redirect',
      amounts: AMOUNTS,
      lifetime_s: LIFETIME_S,
      // Only at accounts that authorize by default.
      authorization_s: AUTHORIZATION_S,
      requires: ['customer.name'],
      description_max: 255,
      capture: 'automatic',
    },
    {
      method: 'card_authorization',
      title: 'Card, authorized first and captured later',
      flow: 'redirect',
      amounts: AMOUNTS,
      lifetime_s: LIFETIME_S,
      authorization_s: AUTHORIZATION_S,
      requires: [],
      description_max: 255,
    },
  ],
  capture: 'manual_once',
  refund: 'partial',
  can_expire: false,
  lookup: 'by_reference',
  webhook_trust: 'hint',
  webhook_registration: 'dashboard',
  // Inquiries have a rate limit that is not published, and webhooks are tried again.
  poll_s: [60, 240, 600, 1800, 5400, 16_200, 48_600],
  settlement_days: 2,
};
