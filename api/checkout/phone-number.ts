/** Phone numbers as customers type them, made into ones that a provider takes. */

interface Plan {
  readonly code: string;
  /** A mobile number without the country's code and without a zero in front. */
  readonly mobile: RegExp;
  readonly example: string;
}

/** Countries whose providers ask for a number. Facts: the countries' numbering plans. */
const PLANS: Readonly<Record<string, Plan>> = {
  CM: { code: '237', mobile: /^6\d{8}$/, example: '6 70 00 00 00' },
  IQ: { code: '964', mobile: /^7\d{9}$/, example: '0770 000 0000' },
  VN: { code: '84', mobile: /^[35789]\d{8}$/, example: '090 000 00 00' },
  AE: { code: '971', mobile: /^5\d{8}$/, example: '050 000 0000' },
  SA: { code: '966', mobile: /^5\d{8}$/, example: '050 000 0000' },
  KW: { code: '965', mobile: /^[4569]\d{7}$/, example: '5000 0000' },
};

/** Digits of other scripts, which phones in these countries type. */
const DIGITS = /[٠-٩۰-۹]/g;

/** `+237670000000` from `6 70 00 00 00`, `00237…` or `٦٧٠…`; null when it is no mobile number of these countries. */
export function mobileNumber(typed: string, countries: readonly string[]): string | null {
  const text = typed.replace(DIGITS, (digit) => String(digit.charCodeAt(0) & 15)).replace(/[\s().-]/g, '');
  const plans = countries.flatMap((country) => PLANS[country] ?? []);
  if (plans.length < countries.length || plans.length === 0)
    return /^(\+|00)[1-9]\d{6,14}$/.test(text) ? text.replace(/^00/, '+') : null;
  for (const { code, mobile } of plans) {
    const abroad = /^(?:\+|00)(\d+)$/.exec(text)?.[1];
    const digits = abroad ?? text;
    if (abroad === undefined && mobile.test(text.replace(/^0/, '')))
      return `+${code}${text.replace(/^0/, '')}`;
    if (digits.startsWith(code) && mobile.test(digits.slice(code.length).replace(/^0/, '')))
      return `+${code}${digits.slice(code.length).replace(/^0/, '')}`;
  }
  return null;
}

/** How a number is written in the first of these countries. */
export function exampleNumber([country = '']: readonly string[]): string {
  return PLANS[country]?.example ?? '+9647700000000';
}
