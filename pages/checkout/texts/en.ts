/** English: also the list of all words of the checkout page. Functions get what stands inside a sentence. */

interface Words {
  readonly title: string;
  readonly text: string;
}

export interface CheckoutTexts {
  readonly pay_to: (merchant: string) => string;
  readonly order: Readonly<
    Record<'due' | 'total' | 'received' | 'left' | 'reference' | 'items' | 'pay_by' | 'details', string>
  >;
  readonly choose: string;
  readonly change: string;
  readonly back: string;
  readonly busy: string;
  readonly none: Words;
  readonly flow: Readonly<Record<'redirect' | 'qr_code' | 'bank_transfer' | 'confirm_on_phone', string>>;
  readonly card: string;
  readonly setback: Readonly<Record<'declined' | 'lapsed' | 'unavailable' | 'refused' | 'left', Words>>;
  readonly again: (service: string) => string;
  readonly or_another: string;
  readonly partial: (received: string, left: string) => string;
  readonly details: {
    readonly title: (service: string) => string;
    readonly name: string;
    readonly phone: string;
    readonly email: string;
    readonly phone_hint: (example: string) => string;
    readonly wrong: Readonly<Record<'name' | 'phone' | 'email', string>>;
    readonly submit: string;
  };
  readonly forward: {
    readonly title: (service: string) => string;
    readonly text: string;
    readonly link: string;
  };
  readonly redirect: {
    readonly title: (service: string) => string;
    readonly text: string;
    readonly came_back: string;
    readonly button: (service: string) => string;
  };
  readonly transfer: Words & {
    readonly scan: string;
    readonly by_hand: string;
    readonly bank: string;
    readonly account_name: string;
    readonly account_number: string;
    readonly amount: string;
    readonly remark: string;
    readonly remark_hint: string;
  };
  readonly code: {
    readonly title: (service: string) => string;
    readonly text: string;
    readonly code: string;
    readonly open: (app: string) => string;
    readonly apps: Readonly<Record<'Personal' | 'Business' | 'Corporate', string>>;
  };
  readonly qr_alt: string;
  readonly phone: {
    readonly title: string;
    readonly text: (hint: string | null) => string;
    readonly slow: string;
  };
  readonly time_left: string;
  readonly waiting: string;
  readonly pay_once: string;
  readonly check: string;
  readonly processing: Words;
  readonly authorized: Words;
  readonly paid: Words;
  readonly overpaid: { readonly title: string; readonly text: (excess: string) => string };
  readonly refunded: { readonly title: string; readonly text: (amount: string) => string };
  readonly expired: Words;
  readonly canceled: Words;
  readonly not_found: Words;
  readonly too_many: Words;
  readonly broken: Words;
  readonly receipt: Readonly<
    Record<'merchant' | 'service' | 'date' | 'transaction' | 'amount' | 'print', string>
  >;
  readonly back_to_shop: string;
  readonly help: string;
  readonly language: string;
  readonly copy: string;
  readonly copied: string;
  readonly sending: string;
}

export const en: CheckoutTexts = {
  pay_to: (merchant) => `Pay ${merchant}`,
  order: {
    due: 'Amount to pay',
    total: 'Total',
    received: 'Received',
    left: 'Left to pay',
    reference: 'Reference',
    items: 'Items',
    pay_by: 'Pay by',
    details: 'Order details',
  },
  choose: 'Choose how to pay',
  change: 'Pay in another way',
  back: 'Back',
  busy: 'Not available right now',
  none: {
    title: 'There is no way to pay this online',
    text: 'Please ask the shop how you can pay.',
  },
  flow: {
    redirect: 'Pay on their secure page',
    qr_code: 'Scan a code or open the app',
    bank_transfer: 'Transfer with your banking app',
    confirm_on_phone: 'Confirm on your phone',
  },
  card: 'Card',
  setback: {
    declined: {
      title: 'The payment was declined',
      text: 'Nothing was taken. You can try again or choose another way to pay.',
    },
    lapsed: {
      title: 'The time to pay ran out',
      text: 'No money has arrived. If you have paid already, please do not pay again. Otherwise you can start again.',
    },
    unavailable: {
      title: 'This service cannot be reached right now',
      text: 'Nothing was taken. Try again in a minute, or choose another way to pay.',
    },
    refused: {
      title: 'This service cannot take the payment',
      text: 'Nothing was taken. Please choose another way to pay.',
    },
    left: { title: 'The payment was not completed', text: 'You can try again or choose another way to pay.' },
  },
  again: (service) => `Try again with ${service}`,
  or_another: 'or choose another way',
  partial: (received, left) => `${received} has arrived. ${left} is still to be paid.`,
  details: {
    title: (service) => `Pay with ${service}`,
    name: 'Full name',
    phone: 'Phone number',
    email: 'Email address',
    phone_hint: (example) => `For example ${example}`,
    wrong: {
      name: 'Please enter your name.',
      phone: 'This is not a mobile number that the service takes. Please check the digits.',
      email: 'This is not an email address. Please check it.',
    },
    submit: 'Continue',
  },
  forward: {
    title: (service) => `Taking you to ${service}`,
    text: 'You pay on their page and come back here afterwards.',
    link: 'Continue',
  },
  redirect: {
    title: (service) => `Pay with ${service}`,
    text: 'Your payment waits on their page. When it is done, this page updates by itself.',
    came_back: 'The payment is not completed yet. You can go on where you stopped, or pay in another way.',
    button: (service) => `Continue to ${service}`,
  },
  transfer: {
    title: 'Pay by bank transfer',
    text: 'Scan the code with your banking app. Amount and remark are filled in.',
    scan: 'QR code for banking apps',
    by_hand: 'Or enter the transfer yourself',
    bank: 'Bank',
    account_name: 'Account name',
    account_number: 'Account number',
    amount: 'Amount',
    remark: 'Remark',
    remark_hint: 'Enter the remark exactly like this, so that your payment is recognised.',
  },
  code: {
    title: (service) => `Pay with ${service}`,
    text: 'Scan the code with the app, or enter it there.',
    code: 'Code to enter in the app',
    open: (app) => `Open the app (${app})`,
    apps: { Personal: 'personal', Business: 'business', Corporate: 'corporate' },
  },
  qr_alt: 'QR code of this payment',
  phone: {
    title: 'Confirm on your phone',
    text: (hint) =>
      hint === null
        ? 'A request was sent to your phone. Enter your PIN there to pay.'
        : `A request was sent to the phone ${hint}. Enter your PIN there to pay.`,
    slow: 'Nothing there? It can take a minute. Or use another number or another way to pay.',
  },
  time_left: 'Time left',
  waiting: 'Waiting for your payment. This page updates by itself.',
  pay_once: 'If you have paid already, please do not pay again.',
  check: 'Check again',
  processing: {
    title: 'We are checking your payment',
    text: 'This usually takes a few seconds. If you have paid already, please do not pay again.',
  },
  authorized: {
    title: 'Payment approved',
    text: 'There is nothing more for you to do. The shop completes the payment.',
  },
  paid: { title: 'Payment received', text: 'Thank you. This is your receipt.' },
  overpaid: {
    title: 'Payment received, and more than was due',
    text: (excess) => `Thank you. ${excess} came in addition. The shop knows and will contact you about it.`,
  },
  refunded: {
    title: 'The payment was refunded',
    text: (amount) => `${amount} was sent back. It can take some days until you see it.`,
  },
  expired: {
    title: 'The time to pay is over',
    text: 'This order can no longer be paid here. Please go back to the shop and order again.',
  },
  canceled: {
    title: 'This order was canceled',
    text: 'There is nothing to pay. If you have paid, the shop will contact you.',
  },
  not_found: {
    title: 'This link does not work',
    text: 'It is incomplete or too old. Please ask the shop for a new one.',
  },
  too_many: {
    title: 'One moment, please',
    text: 'That was a little too fast. Please try again in a few seconds.',
  },
  broken: {
    title: 'Something is not working right now',
    text: 'It is our fault, not yours. Please look again in a moment, before you pay again.',
  },
  receipt: {
    merchant: 'Paid to',
    service: 'Paid with',
    date: 'Date',
    transaction: 'Transaction',
    amount: 'Amount',
    print: 'Print the receipt',
  },
  back_to_shop: 'Back to the shop',
  help: 'Questions? Contact the shop',
  language: 'Language',
  copy: 'Copy',
  copied: 'Copied',
  sending: 'One moment …',
};
