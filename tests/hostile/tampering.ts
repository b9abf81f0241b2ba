// A client whose packets are changed just before they are encrypted: what arrives is authentic and hostile.

import type { RtcTransportFactory } from '@roomtape/webrtc';

/** Takes a packet and sends as many others as it likes in its place. */
export type Tamper = (packet: Uint8Array, send: (packet: Uint8Array) => boolean) => void;

/** A factory whose offering transports send through `tamper`. */
export function tamperingFactory(factory: RtcTransportFactory, tamper: Tamper): RtcTransportFactory {
  return {
    accept: (remote, handlers) => factory.accept(remote, handlers),
    close: () => factory.close(),
    offer: async (handlers) => {
      const transport = await factory.offer(handlers);
      const send = transport.send.bind(transport);
      transport.send = (packet) => {
        tamper(packet, send);
        return true;
      };
      return transport;
    },
  };
}
