/** Names and small drawings of payment services. The drawings are ours: a colour and a letter, nobody's trade mark. */
import { html, type Html } from '../html.ts';

interface Mark {
  /** As customers call it; null: a word of the page's language. */
  readonly name: string | null;
  readonly letters: string;
  readonly ground: string;
}

const mark = (name: string | null, letters: string, ground: string): Mark => ({ name, letters, ground });

const MARKS: Readonly<Record<string, Mark>> = {
  'finan.bank_transfer': mark('VietQR', 'VQ', '#b3122a'),
  'finan.card': mark(null, '', '#33475b'),
  'finan.momo': mark('MoMo', 'Mo', '#a0186c'),
  'fapshi.payment_link': mark('Fapshi', 'F', '#1b5fb8'),
  'fapshi.direct_pay': mark('MTN MoMo / Orange Money', '', '#a34700'),
  'fib.qr_code': mark('FIB', 'FIB', '#00695e'),
  'furatpay.fib': mark('FIB (FuratPay)', 'FIB', '#00695e'),
  'furatpay.zaincash': mark('ZainCash (FuratPay)', 'ZC', '#5b2a86'),
  'furatpay.fastpay': mark('FastPay (FuratPay)', 'FP', '#b3124f'),
  'furatpay.qicard': mark('QiCard (FuratPay)', 'Qi', '#7a5a00'),
  'furatpay.paytabs': mark('PayTabs (FuratPay)', 'PT', '#1f5fa8'),
  'zaincash.wallet': mark('ZainCash', 'ZC', '#5b2a86'),
  'zaincash_v1.wallet': mark('ZainCash', 'ZC', '#5b2a86'),
  'myfatoorah.hosted': mark('MyFatoorah', 'MF', '#0b6685'),
  'myfatoorah.card_authorization': mark('MyFatoorah', 'MF', '#0b6685'),
  'rehive.hosted': mark('Rehive', 'R', '#1d4f91'),
  'tabby.installments': mark('Tabby', 'tb', '#17644a'),
  'tamara.instalments': mark('Tamara', 'tm', '#8a3a68'),
};

/** What a card and a phone look like, for services that are called after what they are. */
const CARD = html`<rect x="9" y="12" width="22" height="16" rx="3" /><path d="M9 18h22M13 24h5" />`;
const PHONE = html`<rect x="14" y="9" width="12" height="22" rx="3" /><path d="M19 27h2" />`;

/** The customer's word for a service. `card`: that of the page's language; `title`: for services without a name here. */
export function serviceName(id: string, title: string, card: string): string {
  const found = MARKS[id];
  return found === undefined ? title : (found.name ?? card);
}

/** A small picture beside the name, which says nothing more to a screen reader. */
export function serviceMark(id: string, title: string): Html {
  const { letters, ground } = MARKS[id] ?? mark(title, title.slice(0, 1).toUpperCase(), '#45544d');
  const drawing = letters !== '' ? null : id === 'finan.card' ? CARD : PHONE;
  return html`<svg class="mark" viewBox="0 0 40 40" aria-hidden="true">
    <rect width="40" height="40" rx="9" fill="${ground}" />
    ${
      drawing === null
        ? html`<text x="20" y="25.5" text-anchor="middle" font-size="${letters.length > 2 ? '13' : '16'}"
            >${letters}</text
          >`
        : html`<g fill="none" stroke="#fff" stroke-width="2.2" stroke-linecap="round">${drawing}</g>`
    }
  </svg>`;
}
