/** MyFatoorah (Gulf, Jordan, Egypt): payment links and authorizations of cards, in the currency of the account. */
import type { Connector } from '../contract.ts';
import { createPayment } from './create.ts';
import { findPayment, readPayment } from './inquiry.ts';
import { manifest } from './manifest.ts';
import { capturePayment, refundPayment, voidPayment } from './operations.ts';
import { acknowledge, parseWebhook, verifyWebhook, webhookSetup } from './webhook.ts';
import { myfatoorahCredentials, type MyFatoorahCredentials } from './wire.ts';

export const myfatoorah: Connector<MyFatoorahCredentials> = {
  manifest,
  credentials: myfatoorahCredentials,
  createPayment,
  readPayment,
  findPayment,
  capturePayment,
  voidPayment,
  refundPayment,
  webhookSetup,
  verifyWebhook,
  parseWebhook,
  acknowledge,
};
