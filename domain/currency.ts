/** ISO 4217 (list one, 2026): how many decimals a currency's minor unit has. */

const EXPONENTS: Record<0 | 2 | 3 | 4, string> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2:
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY ' +
    'COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF ' +
    'IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR ' +
    'MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG ' +
    'SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST ' +
    'XCD YER ZAR ZMW ZWG',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

const exponentByCode = new Map<string, number>(
  Object.entries(EXPONENTS).flatMap(([digits, codes]) =>
    codes.split(' ').map((code): [string, number] => [code, Number(digits)]),
  ),
);

declare const currencyBrand: unique symbol;

/** A three-letter ISO 4217 code that this table knows. */
export type Currency = string & { readonly [currencyBrand]: true };

/** True when `code` is an upper-case ISO 4217 code of a currency in use. */
export function isCurrency(code: string): code is Currency {
  return exponentByCode.has(code);
}

/** The code as a `Currency`; throws `RangeError` when it is unknown. For literals and trusted input. */
export function currency(code: string): Currency {
  if (!isCurrency(code)) throw new RangeError(`"${code}" is not an ISO 4217 currency code in use`);
  return code;
}

/** Decimals of the minor unit: 0 for VND, 2 for SAR, 3 for IQD and KWD. */
export function minorUnitDigits(code: Currency): number {
  const digits = exponentByCode.get(code);
  if (digits === undefined) throw new RangeError(`"${code}" is not an ISO 4217 currency code in use`);
  return digits;
}

/** Every code of the table, in alphabetical order. */
export function allCurrencies(): Currency[] {
  return [...exponentByCode.keys()].sort() as Currency[];
}
