/** The words of the checkout page, by language. */
import type { Language } from '../../texts.ts';
import { ar } from './ar.ts';
import { ckb } from './ckb.ts';
import { en, type CheckoutTexts } from './en.ts';
import { fr } from './fr.ts';
import { vi } from './vi.ts';

export type { CheckoutTexts } from './en.ts';

/** Languages in their own words. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = {
  en: 'English',
  ar: 'العربية',
  ckb: 'کوردی',
  fr: 'Français',
  vi: 'Tiếng Việt',
};

const TEXTS: Readonly<Record<Language, CheckoutTexts>> = { en, ar, ckb, fr, vi };

export const checkoutTexts = (language: Language): CheckoutTexts => TEXTS[language];
