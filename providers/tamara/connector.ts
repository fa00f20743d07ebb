/** Tamara: buy now, pay later. A customer's order is authorised on the way, captured in parts, refunded in parts. */
import type { Connector } from '../contract.ts';
import { createPayment } from './create.ts';
import { manifest } from './manifest.ts';
import { capturePayment, refundPayment, voidPayment } from './operations.ts';
import { findPayment, readPayment } from './orders.ts';
import { findWebhooks, registerWebhook } from './registration.ts';
import { acknowledge, parseWebhook, verifyWebhook } from './webhook.ts';
import { tamaraCredentials, type TamaraCredentials } from './wire.ts';

export const tamara: Connector<TamaraCredentials> = {
  manifest,
  credentials: tamaraCredentials,
  createPayment,
  readPayment,
  findPayment,
  capturePayment,
  voidPayment,
  refundPayment,
  registerWebhook,
  findWebhooks,
  verifyWebhook,
  parseWebhook,
  acknowledge,
};
