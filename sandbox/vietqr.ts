/**
 * Writes VietQR payment codes: EMVCo merchant-presented QR text with Napas' account information in tag 38.
 * Written from the tag table alone, and compared with the npm package `vietnam-qr-pay` in the test.
 */

export interface VietQrTransfer {
  /** Six digits: the bank's Napas number, such as 970422 for MB. */
  readonly bin: string;
  readonly accountNumber: string;
  /** Whole dong. Without it the code is static: the payer types the amount. */
  readonly amount: number | null;
  /** What the bank prints with the transfer: plain letters, digits and spaces. */
  readonly remark: string | null;
}

const NAPAS = 'A000000727';
const TO_ACCOUNT = 'QRIBFTTA';
const VND = '704';

/** The text that the QR code encodes, CRC included. Throws when a field is longer than the format allows. */
export function buildVietQr(transfer: VietQrTransfer): string {
  const beneficiary = field('00', transfer.bin) + field('01', transfer.accountNumber);
  const account = field('00', NAPAS) + field('01', beneficiary) + field('02', TO_ACCOUNT);
  const unsigned =
    field('00', '01') +
    field('01', transfer.amount === null ? '11' : '12') +
    field('38', account) +
    field('53', VND) +
    (transfer.amount === null ? '' : field('54', String(transfer.amount))) +
    field('58', 'VN') +
    (transfer.remark === null ? '' : field('62', field('08', transfer.remark))) +
    '6304';
  return unsigned + crc16(unsigned);
}

/** CRC-16/CCITT-FALSE as four upper-case hexadecimal digits. */
export function crc16(text: string): string {
  let crc = 0xffff;
  for (const byte of Buffer.from(text, 'utf8')) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) {
      crc = (crc & 0x8000) === 0 ? (crc << 1) & 0xffff : ((crc << 1) ^ 0x1021) & 0xffff;
    }
  }
  return crc.toString(16).toUpperCase().padStart(4, '0');
}

/** Tag, two-digit length, value. */
function field(tag: string, value: string): string {
  if (value.length > 99) throw new RangeError(`tag ${tag} holds at most 99 characters`);
  return tag + String(value.length).padStart(2, '0') + value;
}
