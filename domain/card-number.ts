/**
 * Keeps card numbers out: whoever stores one is in scope of PCI DSS. A run of 13 to 19 digits (blanks and dashes
 * between them allowed) that starts like a card (2 to 6) and whose check digit is right is taken for one.
 */

const CANDIDATE = /(?<![\p{L}\d])[2-6](?:[ -]?\d){12,18}(?![\p{L}\d])/gu;

/** True when `text` contains what looks like a payment card's number. */
export function looksLikeCardNumber(text: string): boolean {
  return (text.match(CANDIDATE) ?? []).some(isCardNumber);
}

/** `text` with `instead` in place of everything that looks like a payment card's number. */
export function withoutCardNumbers(text: string, instead: string): string {
  return text.replaceAll(CANDIDATE, (candidate) => (isCardNumber(candidate) ? instead : candidate));
}

function isCardNumber(candidate: string): boolean {
  return hasValidCheckDigit(candidate.replaceAll(/[ -]/g, ''));
}

/** Luhn's algorithm. */
function hasValidCheckDigit(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = digit * 2;
    sum += index % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
