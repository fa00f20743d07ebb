/** A QR code as providers send it: drawn, as a data URL. Black and white only, which takes a tenth of the time of `toDataURL`. */
import { crc32, deflateSync } from 'node:zlib';
import { create } from 'qrcode';

/** Quiet zone in modules, as the QR standard asks for. */
const MARGIN = 4;
/** Pixels of one module. */
const SCALE = 4;
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** `text` as the data URL of a PNG with one bit per pixel (a row begins with its filter: none). */
export function qrDataUrl(text: string): string {
  const { modules } = create(text, {});
  const width = (modules.size + 2 * MARGIN) * SCALE;
  const rowBytes = 1 + Math.ceil(width / 8);
  const pixels = Buffer.alloc(rowBytes * width, 0xff);
  for (let y = 0; y < width; y += 1) {
    pixels[y * rowBytes] = 0;
    for (let x = 0; x < width; x += 1) {
      const [column, row] = [Math.floor(x / SCALE) - MARGIN, Math.floor(y / SCALE) - MARGIN];
      const inside = column >= 0 && row >= 0 && column < modules.size && row < modules.size;
      if (!inside || !modules.get(row, column)) continue;
      const at = y * rowBytes + 1 + (x >> 3);
      pixels[at] = (pixels[at] ?? 0) & ~(0x80 >> (x & 7));
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(width, 4);
  header[8] = 1; // bits per pixel; colour type, compression, filter and interlace stay 0: grey
  const png = Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(pixels)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
  return `data:image/png;base64,${png.toString('base64')}`;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
