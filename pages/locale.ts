/** How people of a language and region write amounts and times. */
import { LANGUAGES, textsIn, type Language } from './texts.ts';

export interface Locale {
  readonly language: Language;
  /** The BCP 47 tag that `Intl` gets: the language with the region the browser names, or the one most readers live in. */
  readonly tag: string;
  readonly dir: 'ltr' | 'rtl';
}

const USUAL: Readonly<Record<Language, string>> = {
  en: 'en-GB',
  ar: 'ar-IQ',
  ckb: 'ckb-IQ',
  fr: 'fr-CM',
  vi: 'vi-VN',
};

/** `wanted`: what the customer has chosen on the page. `accepted`: the browser's languages, best first. */
export function localeOf(wanted: string | null, accepted: readonly string[]): Locale {
  const chosen = LANGUAGES.find((language) => language === wanted);
  const known = accepted.find((tag) => languageOf(tag) !== null);
  const language = chosen ?? (known === undefined ? null : languageOf(known)) ?? 'en';
  const regional = accepted.find((tag) => languageOf(tag) === language && /^[a-z]{2,3}-[A-Z]{2}$/.test(tag));
  return {
    language,
    tag: regional === undefined ? USUAL[language] : withLanguage(language, regional),
    dir: textsIn(language).dir,
  };
}

/** Browsers call Sorani `ckb` or, more often, just Kurdish. */
function languageOf(tag: string): Language | null {
  const [primary = ''] = tag.toLowerCase().split('-');
  const name = primary === 'ku' ? 'ckb' : primary;
  return LANGUAGES.find((language) => language === name) ?? null;
}

function withLanguage(language: Language, tag: string): string {
  return `${language}-${tag.split('-')[1] ?? ''}`;
}

/** `decimal`: a plain decimal with all the digits of the currency's minor unit. */
export function writeAmount({ tag }: Locale, decimal: string, currency: string): string {
  const [, fraction = ''] = decimal.split('.');
  // Nobody writes the fils of the Iraqi dinar; they are shown only when there are some.
  const digits = currency === 'IQD' && /^0*$/.test(fraction) ? 0 : fraction.length;
  const format = new Intl.NumberFormat(tag, {
    style: 'currency',
    currency,
    // Letters where signs would be ambiguous or are not known outside; people here write the dong with its sign.
    currencyDisplay: currency === 'VND' || /^(ar|ckb)/.test(tag) ? 'symbol' : 'code',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  // Text is formatted digit by digit, so nothing is rounded on the way.
  return format.format(decimal as `${number}`);
}

export function writeNumber({ tag }: Locale, value: number): string {
  return new Intl.NumberFormat(tag).format(value);
}

/**
 * How moments are written. Browsers know no months in Sorani, so there they are numbers, as Iraq writes them.
 */
export function momentStyle({ tag, language }: Locale): { tag: string; dateStyle: 'medium' | 'short' } {
  return language === 'ckb' ? { tag: 'ar-IQ', dateStyle: 'short' } : { tag, dateStyle: 'medium' };
}

/** A moment in universal time; browsers with script write it in their own zone. */
export function writeMoment(locale: Locale, rfc3339: string): string {
  const { tag, dateStyle } = momentStyle(locale);
  const style = { dateStyle, timeStyle: 'short', timeZone: 'UTC', hourCycle: 'h23' } as const;
  return `${new Intl.DateTimeFormat(tag, style).format(new Date(rfc3339))} UTC`;
}

/** Keeps a number with its currency together in a sentence that runs the other way. */
export const isolated = (text: string): string => `\u2068${text}\u2069`;
