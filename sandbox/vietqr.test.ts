import { QRPay } from 'vietnam-qr-pay';
import { buildVietQr, crc16 } from './vietqr.ts';

const VECTORS = [
  {
    transfer: { bin: '970422', accountNumber: '0933450210', amount: 6000000, remark: 'TTVD7ZZS' },
    text: '00020101021238540010A00000072701240006970422011009334502100208QRIBFTTA5303704540760000005802VN62120808TTVD7ZZS6304C139',
  },
  {
    transfer: { bin: '970422', accountNumber: '0933450210123', amount: 6000000, remark: 'TTVD7ZZS' },
    text: '00020101021238570010A00000072701270006970422011309334502101230208QRIBFTTA5303704540760000005802VN62120808TTVD7ZZS63046EA9',
  },
  {
    transfer: { bin: '970416', accountNumber: '257678859', amount: null, remark: null },
    text: '00020101021138530010A0000007270123000697041601092576788590208QRIBFTTA53037045802VN6304AE9F',
  },
  {
    transfer: { bin: '970416', accountNumber: '257678859', amount: 10000, remark: 'Chuyen tien' },
    text: '00020101021238530010A0000007270123000697041601092576788590208QRIBFTTA53037045405100005802VN62150811Chuyen tien630453E6',
  },
] as const;

describe('buildVietQr', () => {
  it.each(VECTORS)('writes the known code for account $transfer.accountNumber', ({ transfer, text }) => {
    expect(buildVietQr(transfer)).toBe(text);
  });

  it('writes codes that an independent reader understands', () => {
    const read = new QRPay(
      buildVietQr({ bin: '970422', accountNumber: '9704123456789', amount: 250000, remark: 'TTABC123' }),
    );
    expect(read.isValid).toBe(true);
    expect(read.consumer).toMatchObject({ bankBin: '970422', bankNumber: '9704123456789' });
    expect(read.amount).toBe('250000');
    expect(read.additionalData.purpose).toBe('TTABC123');
  });

  it('writes codes that an independent reader refuses once a digit is changed', () => {
    const text = buildVietQr({
      bin: '970422',
      accountNumber: '9704123456789',
      amount: 250000,
      remark: 'TTABC123',
    });
    expect(new QRPay(text.replace('250000', '260000')).isValid).toBe(false);
  });

  it('refuses a field longer than two digits can say', () => {
    expect(() =>
      buildVietQr({ bin: '970422', accountNumber: '1', amount: 1, remark: 'x'.repeat(100) }),
    ).toThrow(RangeError);
  });
});

describe('crc16', () => {
  it('gives the check value of CRC-16/CCITT-FALSE', () => {
    expect(crc16('123456789')).toBe('29B1');
  });
});
