/** Every word that customers read, by language. A new language is one more entry: `ckb` and `vi` are to follow. */

export interface Texts {
  readonly dir: 'ltr' | 'rtl';
  readonly paid: { readonly title: string; readonly text: string };
  readonly failed: { readonly title: string; readonly text: string };
  readonly canceled: { readonly title: string; readonly text: string };
  readonly checking: {
    readonly title: string;
    readonly text: string;
    /** Instead of `text` when a part of the amount has come; the argument is that part. */
    readonly part: (received: string) => string;
    /** The page does not look again by itself any more. */
    readonly stopped: string;
  };
  readonly unknown_link: { readonly title: string; readonly text: string };
  readonly shop: string;
  readonly reference: string;
  readonly check_again: string;
  readonly pay_now: string;
  readonly back_to_shop: string;
}

const en: Texts = {
  dir: 'ltr',
  paid: { title: 'Payment received', text: 'Thank you. You can close this page.' },
  failed: {
    title: 'The payment did not go through',
    text: 'Your order is not paid. You can go back to the shop and try again.',
  },
  canceled: {
    title: 'The payment was canceled',
    text: 'Your order is not paid. You can go back to the shop and try again.',
  },
  checking: {
    title: 'We are checking your payment',
    text: 'This usually takes a few seconds. The page goes on by itself. If you have paid, please do not pay again.',
    part: (received) =>
      `${received} has arrived so far; the rest is still missing. The page goes on by itself.`,
    stopped: 'It is still not confirmed. If you have paid, please do not pay again: the shop will be told.',
  },
  unknown_link: {
    title: 'This link does not work',
    text: 'It is incomplete or too old. Please go back to the shop to see how your order stands.',
  },
  shop: 'Shop',
  reference: 'Reference',
  check_again: 'Check again',
  pay_now: 'Not paid yet? Pay now',
  back_to_shop: 'Back to the shop',
};

const ar: Texts = {
  dir: 'rtl',
  paid: { title: 'تم استلام الدفعة', text: 'شكرًا لك. يمكنك إغلاق هذه الصفحة.' },
  failed: {
    title: 'لم تتم عملية الدفع',
    text: 'لم يتم دفع طلبك. يمكنك العودة إلى المتجر والمحاولة مرة أخرى.',
  },
  canceled: {
    title: 'تم إلغاء عملية الدفع',
    text: 'لم يتم دفع طلبك. يمكنك العودة إلى المتجر والمحاولة مرة أخرى.',
  },
  checking: {
    title: 'نتحقق من عملية الدفع',
    text: 'يستغرق ذلك عادةً بضع ثوانٍ، وستنتقل الصفحة تلقائيًا. إذا كنت قد دفعت فلا تدفع مرة أخرى.',
    part: (received) => `وصل حتى الآن ${received} وما زال الباقي ناقصًا. ستنتقل الصفحة تلقائيًا.`,
    stopped: 'لم يتم التأكيد بعد. إذا كنت قد دفعت فلا تدفع مرة أخرى: سيتم إبلاغ المتجر.',
  },
  unknown_link: {
    title: 'هذا الرابط لا يعمل',
    text: 'الرابط غير مكتمل أو قديم جدًا. يرجى العودة إلى المتجر لمعرفة حالة طلبك.',
  },
  shop: 'المتجر',
  reference: 'المرجع',
  check_again: 'تحقق مرة أخرى',
  pay_now: 'لم تدفع بعد؟ تابع الدفع',
  back_to_shop: 'العودة إلى المتجر',
};

const fr: Texts = {
  dir: 'ltr',
  paid: { title: 'Paiement reçu', text: 'Merci. Vous pouvez fermer cette page.' },
  failed: {
    title: 'Le paiement n’a pas abouti',
    text: 'Votre commande n’est pas payée. Vous pouvez revenir à la boutique et réessayer.',
  },
  canceled: {
    title: 'Le paiement a été annulé',
    text: 'Votre commande n’est pas payée. Vous pouvez revenir à la boutique et réessayer.',
  },
  checking: {
    title: 'Nous vérifions votre paiement',
    text: 'Cela prend en général quelques secondes. La page continue toute seule. Si vous avez payé, ne payez pas une seconde fois.',
    part: (received) => `${received} sont arrivés ; il manque encore le reste. La page continue toute seule.`,
    stopped:
      'Il n’est toujours pas confirmé. Si vous avez payé, ne payez pas une seconde fois : la boutique sera prévenue.',
  },
  unknown_link: {
    title: 'Ce lien ne fonctionne pas',
    text: 'Il est incomplet ou trop ancien. Revenez à la boutique pour voir où en est votre commande.',
  },
  shop: 'Boutique',
  reference: 'Référence',
  check_again: 'Vérifier de nouveau',
  pay_now: 'Pas encore payé ? Payer',
  back_to_shop: 'Retour à la boutique',
};

const TEXTS = { en, ar, fr } as const;
export type Language = keyof typeof TEXTS;

/** The languages there are, the one for everybody else first. */
export const LANGUAGES = Object.keys(TEXTS) as Language[];

export function textsIn(language: Language): Texts {
  return TEXTS[language];
}
