import { connectors } from '../providers/index.ts';
import { authorizesFirst, captureRefusal, paymentServices, type PaymentService } from './payment-service.ts';

describe('paymentServices', () => {
  const services = paymentServices(connectors);
  const service = (id: string): PaymentService => services.get(id) as PaymentService;

  it('has every method of every provider', () => {
    const methods = connectors.flatMap(({ manifest }) => manifest.methods);
    expect(services.size).toBe(methods.length);
  });

  it('tells methods that authorize first from those that take the money at once', () => {
    expect(authorizesFirst(service('finan.bank_transfer'))).toBe(false);
    expect(authorizesFirst(service('myfatoorah.payment_link'))).toBe(false);
    expect(authorizesFirst(service('myfatoorah.card_authorization'))).toBe(true);
  });

  it('lets an invoice that is captured by hand be paid with services that authorize first, and with no other', () => {
    expect(captureRefusal(service('myfatoorah.card_authorization'), 'manual')).toBeNull();
    expect(captureRefusal(service('finan.bank_transfer'), 'manual')).toMatchObject({
      code: 'capture_method_not_supported',
    });
    expect(captureRefusal(service('finan.bank_transfer'), 'automatic')).toBeNull();
  });
});
