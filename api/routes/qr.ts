/** QR codes as images, for merchants who do not draw their own. Nobody is asked for a key: the payment's id cannot be guessed. */
import type { Request, Response } from 'express';
import { toBuffer, toString } from 'qrcode';
import { isId } from '../../db/ids.ts';
import { findPaymentQr, type PaymentQr } from '../../db/payments.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { notFound } from '../problem.ts';

/** Quiet zone in modules, as the QR standard asks for. */
const MARGIN = 4;
/** Width of the PNG in pixels. */
const WIDTH = 512;

export function qrRoutes({ pool, now }: ApiDependencies) {
  const draw = async (request: Request, response: Response): Promise<void> => {
    const { file } = request.params;
    const [, id = '', format] = /^(pay_\w+)\.(svg|png)$/.exec(typeof file === 'string' ? file : '') ?? [];
    const qr = isId('pay', id) ? await findPaymentQr(pool, id) : null;
    const image = qr && (await imageOf(qr, format === 'svg' ? 'svg' : 'png'));
    if (!image) throw notFound('payment');
    const left_s = qr.expires_at === null ? 0 : Math.floor((Date.parse(qr.expires_at) - now()) / 1000);
    response.set({
      'Content-Type': format === 'svg' ? 'image/svg+xml' : 'image/png',
      'Cache-Control': left_s > 0 ? `public, max-age=${left_s}` : 'no-store',
      // Merchants show it on their own pages.
      'Cross-Origin-Resource-Policy': 'cross-origin',
    });
    response.send(image);
  };
  return { draw };
}

const PNG_URL = /^data:image\/png;base64,([A-Za-z0-9+/=]+)$/;

/** The code drawn by us, or as the provider has drawn it; null when it is not to be had in this format. */
async function imageOf(
  { qr_payload, qr_image }: PaymentQr,
  format: 'svg' | 'png',
): Promise<string | Buffer | null> {
  if (qr_payload !== null) {
    return format === 'svg'
      ? toString(qr_payload, { type: 'svg', margin: MARGIN })
      : toBuffer(qr_payload, { margin: MARGIN, width: WIDTH });
  }
  const drawn = format === 'png' ? PNG_URL.exec(qr_image ?? '')?.[1] : undefined;
  return drawn === undefined ? null : Buffer.from(drawn, 'base64');
}
