/** One of every screen of the checkout page, with words and numbers as long as they get. */
import { writeAmount, type Locale } from '../../pages/locale.ts';
import type { CheckoutView, OrderView, Screen, ServiceView, Setback } from '../../pages/checkout/view.ts';

const service = (id: string, title: string, flow: ServiceView['flow'], more: Partial<ServiceView> = {}) => ({
  id,
  title,
  flow,
  isReady: true,
  needsDetails: false,
  ...more,
});
const CARD = service('finan.card', 'Card', 'redirect');
const BANK = service('finan.bank_transfer', 'VietQR bank transfer', 'bank_transfer');
const PHONE = service('fapshi.direct_pay', 'MTN MoMo / Orange Money', 'confirm_on_phone', {
  needsDetails: true,
});
const FIB = service('fib.qr_code', 'First Iraqi Bank', 'qr_code');
const ALL = [FIB, BANK, CARD, PHONE, service('zaincash.wallet', 'ZainCash', 'redirect', { isReady: false })];
const UNTIL = '2027-01-31T12:30:00Z';
const QR = {
  svg: '<svg viewBox="0 0 21 21" xmlns="http://www.w3.org/2000/svg"><path d="M0 0h7v7H0zM14 0h7v7h-7zM0 14h7v7H0zM9 9h3v3H9z"/></svg>',
};

const choose = (setback: Setback | null, last: ServiceView | null): Screen => ({
  type: 'choose',
  setback,
  last,
  services: ALL,
  hasLive: false,
});

/** By name. */
export function everyScreen(locale: Locale): Readonly<Record<string, Screen>> {
  const money = (decimal: string): string => writeAmount(locale, decimal, 'IQD');
  const receipt = {
    service: 'ZainCash',
    paid_at: UNTIL,
    transaction: '7fa4c799-bc44-4b7f-bdbd-8b8887cd7d18',
  };
  return {
    choose: choose(null, null),
    'choose-none': { type: 'choose', setback: null, last: null, services: [], hasLive: false },
    'choose-other': { type: 'choose', setback: null, last: null, services: ALL, hasLive: true },
    declined: choose('declined', CARD),
    lapsed: choose('lapsed', BANK),
    unavailable: choose('unavailable', PHONE),
    refused: choose('refused', FIB),
    left: choose('left', CARD),
    details: {
      type: 'details',
      service: PHONE,
      details: [
        { name: 'name', value: '', isWrong: false, example: null },
        { name: 'phone', value: '12', isWrong: true, example: '6 70 00 00 00' },
        { name: 'email', value: 'x', isWrong: true, example: null },
      ],
    },
    forward: { type: 'forward', service: CARD, url: 'https://pay.example/1' },
    redirect: { type: 'redirect', service: CARD, url: 'https://pay.example/1', until: UNTIL, cameBack: true },
    transfer: {
      type: 'instructions',
      service: BANK,
      until: UNTIL,
      show: {
        qr: QR,
        readable_code: null,
        links: [],
        transfer: {
          bank_name: 'Ngân hàng Thương mại Cổ phần Ngoại thương Việt Nam',
          account_name: 'CONG TY TNHH THUONG MAI DICH VU DAR AL-SHAI',
          account_number: '0123456789012345',
          amount: money('25000.000'),
          amount_plain: '25000',
          remark: 'FN8842190',
        },
      },
    },
    code: {
      type: 'instructions',
      service: FIB,
      until: UNTIL,
      show: {
        qr: QR,
        readable_code: 'A1B2-C3D4-E5F6',
        links: [
          { label: 'Personal', url: 'https://fib.example/p' },
          { label: 'Business', url: 'https://fib.example/b' },
          { label: 'Corporate', url: 'https://fib.example/c' },
        ],
        transfer: null,
      },
    },
    phone: { type: 'phone', service: PHONE, hint: '•••• 09', until: UNTIL },
    processing: { type: 'processing' },
    authorized: { type: 'authorized' },
    paid: { type: 'paid', receipt },
    overpaid: { type: 'overpaid', receipt, excess: money('5000.000') },
    refunded: { type: 'refunded', refunded: money('25000.000') },
    expired: { type: 'expired' },
    canceled: { type: 'canceled' },
  };
}

/** Nothing can be paid any more. */
const OVER: ReadonlySet<Screen['type']> = new Set([
  'paid',
  'overpaid',
  'refunded',
  'expired',
  'canceled',
  'authorized',
]);

/** The page of a screen; what was paid in part is owed in part. */
export function viewOf(locale: Locale, name: string, screen: Screen): CheckoutView {
  const money = (decimal: string): string => writeAmount(locale, decimal, 'IQD');
  const isPart = name === 'choose' || name === 'transfer';
  const order: OrderView = {
    total: money('1250000.000'),
    received: isPart ? money('250000.000') : null,
    left: isPart ? money('1000000.000') : null,
    reference: 'order-2027-000000000001001',
    description: 'Green tea, a samovar and two dozen glasses for the house of Dar Al-Shai',
    items: [
      { name: 'Green tea of the first harvest', quantity: '12', amount: money('25000.000') },
      { name: 'شاي أخضر', quantity: '2', amount: money('950000.000') },
    ],
    due_at: OVER.has(screen.type) ? null : UNTIL,
  };
  return {
    locale,
    path: '/pay/token',
    isLanguageChosen: false,
    brand: {
      name: 'Dar Al-Shai Trading and General Services',
      color: '#ffe04d',
      logo: null,
      support_url: null,
      support_email: 'help@tea.example',
    },
    order,
    screen,
    version: 3,
    shop_url: 'https://shop.example/cart',
    sandbox: { canAct: true, canMoveClock: true, said: null },
  };
}
