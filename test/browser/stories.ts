/** What a customer does on the page of each payment service, step by step, and where that leads. */
import type { Page } from 'playwright-core';
import { snap } from '../setup/browser.ts';

export type Landing =
  /** A page of the merchant. */
  | 'success'
  | 'failure'
  | 'cancel'
  /** The provider has no way back: the customer stays on its page. */
  | 'stays';

export interface Deed {
  readonly act: (page: Page, steps: Steps) => Promise<void>;
  readonly lands: Landing;
  /** The payment's status afterwards. */
  readonly status: 'paid' | 'pending' | 'failed' | 'expired' | 'canceled';
}

export interface Story {
  readonly service: string;
  readonly currency: string;
  /** Minor units. */
  readonly amount: number;
  readonly approve: Deed;
  readonly decline: Deed;
  readonly cancel: Deed;
  readonly lapse: Deed;
  /** `approve` only authorizes the money; somebody has to take it afterwards. */
  readonly authorizes?: true;
}

/** Ways of using a page that keep a picture of it first. */
export interface Steps {
  press(button: string): Promise<void>;
  follow(link: string): Promise<void>;
  fill(field: string, text: string): Promise<void>;
}

export function stepsOn(page: Page, name: string): Steps {
  let count = 0;
  const picture = (): Promise<void> => {
    count += 1;
    return snap(page, `${name}-${count}`);
  };
  return {
    async press(button) {
      await picture();
      await page.getByRole('button', { name: button, exact: true }).click();
    },
    async follow(link) {
      await picture();
      await page.getByRole('link', { name: link, exact: true }).click();
    },
    fill: (field, text) => page.getByLabel(field).fill(text),
  };
}

const BACK = 'Back to the shop';
const press =
  (button: string): Deed['act'] =>
  (_page, steps) =>
    steps.press(button);

const deed = (act: Deed['act'], lands: Landing, status: Deed['status']): Deed => ({ act, lands, status });

/** The customer leaves a page that could still be paid: our page checks, and has a way on to the shop. */
const leave = (before: Deed['act'] = async () => undefined): Deed =>
  deed(
    async (page, steps) => {
      await before(page, steps);
      await steps.follow(BACK);
      await page.getByRole('heading', { name: 'We are checking your payment' }).waitFor();
      await steps.follow(BACK);
    },
    'cancel',
    'pending',
  );

/** The time runs out on the page, and the customer goes back from there. */
const lapse = (lands: Landing, status: Deed['status']): Deed =>
  deed(
    async (_page, steps) => {
      await steps.press('Let the time run out');
      await steps.follow(BACK);
    },
    lands,
    status,
  );

const finan = (method: string): Story => ({
  service: `finan.${method}`,
  currency: 'VND',
  amount: 250_000,
  approve: deed(press('Pay'), 'success', 'paid'),
  // Finan's links can be paid again after a refusal, and have no status for their end.
  decline: deed(press('Be declined'), 'failure', 'pending'),
  cancel: deed(press('Go back to the shop'), 'failure', 'pending'),
  lapse: lapse('failure', 'pending'),
});

const furatpay = (method: string): Story => ({
  service: `furatpay.${method}`,
  currency: 'IQD',
  amount: 25_000_000,
  approve: deed(press('Pay'), 'stays', 'paid'),
  decline: deed(press('Be declined'), 'stays', 'failed'),
  cancel: deed(press('Cancel'), 'stays', 'canceled'),
  lapse: deed(press('Let the time run out'), 'stays', 'expired'),
});

const enterPhone: Deed['act'] = async (_page, steps) => {
  await steps.fill('Mobile money number', '677123456');
  await steps.press('Pay');
};

const fapshi: Story = {
  service: 'fapshi.payment_link',
  currency: 'XAF',
  amount: 5_000,
  approve: deed(
    async (page, steps) => {
      await enterPhone(page, steps);
      await steps.press('Approve');
    },
    'success',
    'paid',
  ),
  decline: leave(async (page, steps) => {
    await enterPhone(page, steps);
    await steps.press('Decline');
    await page.getByText('The payment failed').waitFor();
  }),
  cancel: leave(),
  lapse: lapse('failure', 'expired'),
};

const fib: Story = {
  service: 'fib.qr_code',
  currency: 'IQD',
  amount: 25_000_000,
  approve: deed(press('Pay'), 'success', 'paid'),
  decline: deed(press('Let the payment fail'), 'failure', 'failed'),
  cancel: leave(press('Not now')),
  lapse: lapse('failure', 'expired'),
};

const signIn: Deed['act'] = async (_page, steps) => {
  await steps.fill('Wallet number', '9647800000002');
  await steps.fill('PIN', '1111');
  await steps.press('Next');
};
const zaincash = (provider: string, canceled: Deed, lapsed: Deed): Story => ({
  service: `${provider}.wallet`,
  currency: 'IQD',
  amount: 25_000_000,
  approve: deed(
    async (page, steps) => {
      await signIn(page, steps);
      await steps.fill('OTP that came by SMS', '111111');
      await steps.press('Pay');
    },
    'success',
    'paid',
  ),
  decline: deed(
    async (page, steps) => {
      await signIn(page, steps);
      await steps.press('Have no money');
    },
    'failure',
    'failed',
  ),
  cancel: canceled,
  lapse: lapsed,
});

const myfatoorah = (method: string, more: Partial<Story> = {}): Story => ({
  service: `myfatoorah.${method}`,
  currency: 'KWD',
  amount: 12_500,
  approve: deed(press('Pay'), 'success', 'paid'),
  // Its links, too, can be paid again until they run out.
  decline: deed(press('Be declined'), 'failure', 'pending'),
  cancel: deed(press('Cancel'), 'failure', 'pending'),
  lapse: lapse('failure', 'expired'),
  ...more,
});

const rehive: Story = {
  service: 'rehive.hosted',
  currency: 'USD',
  amount: 4_999,
  approve: deed(press('Pay'), 'success', 'paid'),
  decline: deed(press('Be declined'), 'failure', 'failed'),
  cancel: deed(press('Cancel'), 'cancel', 'canceled'),
  lapse: lapse('failure', 'expired'),
};

const tabby: Story = {
  service: 'tabby.installments',
  currency: 'AED',
  amount: 34_000,
  approve: deed(press('Pay in 4'), 'success', 'paid'),
  decline: deed(press('Be declined'), 'failure', 'failed'),
  cancel: deed(press('Cancel'), 'cancel', 'expired'),
  lapse: lapse('failure', 'expired'),
  authorizes: true,
};

const tamara = (method: string): Story => ({
  service: `tamara.${method}`,
  currency: 'SAR',
  amount: 34_000,
  approve: deed(press('Pay'), 'success', 'paid'),
  decline: deed(press('Be declined'), 'failure', 'failed'),
  cancel: deed(press('Cancel'), 'cancel', 'canceled'),
  lapse: lapse('failure', 'expired'),
  authorizes: true,
});

/** One for every payment service whose customer is shown a page. */
export const STORIES: readonly Story[] = [
  finan('card'),
  finan('momo'),
  fapshi,
  fib,
  furatpay('fib'),
  furatpay('zaincash'),
  furatpay('fastpay'),
  furatpay('qicard'),
  furatpay('paytabs'),
  myfatoorah('payment_link'),
  myfatoorah('card_authorization', { authorizes: true }),
  rehive,
  tabby,
  tamara('instalments'),
  tamara('pay_now'),
  // It has one word for a refusal and a cancellation.
  zaincash('zaincash', deed(press('Cancel'), 'failure', 'failed'), lapse('failure', 'expired')),
  zaincash('zaincash_v1', deed(press('Cancel'), 'cancel', 'canceled'), lapse('failure', 'failed')),
];
