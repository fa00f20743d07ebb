/** The token in a customer's return address: names the payment. */
import { idOfToken, linkToken, type LinkKind } from './link-token.ts';

const KIND: LinkKind = { purpose: 'return', prefix: 'pay' };

/** The token of a payment. `key`: the pepper of the API keys. */
export const returnToken = (paymentId: string, key: Uint8Array): string => linkToken(KIND, paymentId, key);

/** The payment that a token names, or null when it was not made here. */
export const paymentOfToken = (token: string, key: Uint8Array): string | null => idOfToken(KIND, token, key);
