/** Every word of the page for customers who come back, by language. A new language is one more entry. */

export interface Texts {
  readonly dir: 'ltr' | 'rtl';
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

const ckb: Texts = {
  dir: 'rtl',
  checking: {
    title: 'پارەدانەکەت دەپشکنین',
    text: 'زۆربەی کات چەند چرکەیەک دەخایەنێت و پەڕەکە خۆی بەردەوام دەبێت. ئەگەر پارەت داوە، دووبارە پارە مەدە.',
    part: (received) => `تا ئێستا ${received} گەیشتووە و ئەوی تر ماوە. پەڕەکە خۆی بەردەوام دەبێت.`,
    stopped: 'هێشتا پشتڕاست نەکراوەتەوە. ئەگەر پارەت داوە، دووبارە پارە مەدە: فرۆشگا ئاگادار دەکرێتەوە.',
  },
  unknown_link: {
    title: 'ئەم بەستەرە کار ناکات',
    text: 'ناتەواوە یان زۆر کۆنە. تکایە بگەڕێوە فرۆشگا بۆ زانینی دۆخی داواکارییەکەت.',
  },
  shop: 'فرۆشگا',
  reference: 'ژمارەی ئاماژە',
  check_again: 'دووبارە بپشکنە',
  pay_now: 'هێشتا پارەت نەداوە؟ پارە بدە',
  back_to_shop: 'گەڕانەوە بۆ فرۆشگا',
};

const vi: Texts = {
  dir: 'ltr',
  checking: {
    title: 'Chúng tôi đang kiểm tra thanh toán',
    text: 'Thường chỉ mất vài giây và trang sẽ tự chuyển tiếp. Nếu bạn đã thanh toán, vui lòng đừng thanh toán lần nữa.',
    part: (received) => `Đã nhận ${received}, phần còn lại vẫn thiếu. Trang sẽ tự chuyển tiếp.`,
    stopped:
      'Vẫn chưa được xác nhận. Nếu bạn đã thanh toán, vui lòng đừng thanh toán lần nữa: cửa hàng sẽ được báo.',
  },
  unknown_link: {
    title: 'Liên kết này không hoạt động',
    text: 'Liên kết không đầy đủ hoặc quá cũ. Vui lòng quay lại cửa hàng để xem tình trạng đơn hàng.',
  },
  shop: 'Cửa hàng',
  reference: 'Mã tham chiếu',
  check_again: 'Kiểm tra lại',
  pay_now: 'Chưa thanh toán? Thanh toán ngay',
  back_to_shop: 'Quay lại cửa hàng',
};

const TEXTS = { en, ar, ckb, fr, vi } as const;
export type Language = keyof typeof TEXTS;

/** The languages there are, the one for everybody else first. */
export const LANGUAGES = Object.keys(TEXTS) as Language[];

export function textsIn(language: Language): Texts {
  return TEXTS[language];
}
