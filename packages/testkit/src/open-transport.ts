// Opens a client's media connection: offer by the transport port, exchange by HTTP, wait until packets flow.
// Shared by the WHIP and the WHEP client.

import { type Clock, type MediaKind, RoomtapeError, type VideoCodec } from '@roomtape/media';
import type { RtcTransport, RtcTransportFactory, TransportHandlers, TransportState } from '@roomtape/webrtc';
import { type ClientAnswer, readClientAnswer, type SenderSsrcs, writeClientOffer } from './client-offer.ts';
import { closeHttpSession, type HttpSession, type HttpSessionOptions, openHttpSession } from './http-session.ts';

const CONNECT_MS_MAX = 10_000;
/** A busy machine refuses new transports for a moment, such as while encoders start. */
const BUSY_RETRY_MS = 250;
const BUSY_RETRIES_MAX = 60;

type OfferingTransport = Awaited<ReturnType<RtcTransportFactory['offer']>>;

/** What both clients need to open a transport. */
export type OpenTransportOptions = HttpSessionOptions & {
  readonly factory: RtcTransportFactory;
  readonly clock: Clock;
  readonly hasAudio: boolean;
  readonly hasRtx?: boolean;
  readonly hasTransportSequence?: boolean;
  readonly editAnswer?: (sdp: string) => string;
  readonly onState?: (state: TransportState) => void;
};

/** What differs between publishing and playing. */
export type OpenTransportParts = {
  readonly offer: {
    readonly direction: 'sendonly' | 'recvonly';
    readonly videoCodecs: readonly VideoCodec[];
    readonly ssrcs?: Readonly<Record<MediaKind, SenderSsrcs>>;
  };
  readonly onPacket: (packet: Uint8Array) => void;
};

/** Offers, sends the offer by HTTP, takes the answer and waits until packets can flow. */
export async function openTransport(
  options: OpenTransportOptions,
  parts: OpenTransportParts,
): Promise<{ transport: RtcTransport; answer: ClientAnswer; session: HttpSession }> {
  let onState = (_: TransportState): void => {};
  const transport = await offerPatiently(options, {
    onPacket: parts.onPacket,
    onState: (state) => {
      onState(state);
      options.onState?.(state);
    },
  });
  const connected = new Promise<void>((resolve, reject) => {
    const cancel = options.clock.after(CONNECT_MS_MAX, () => reject(notConnected('in time')));
    onState = (state) => {
      if (state === 'connecting' || state === 'disconnected') return;
      cancel();
      if (state === 'connected') resolve();
      else reject(notConnected(state));
    };
  });
  connected.catch(() => undefined);
  let session: HttpSession | undefined;
  try {
    const { hasAudio, hasRtx = true, hasTransportSequence = true } = options;
    const offerSdp = writeClientOffer({
      local: transport.local,
      cname: 'testkit',
      hasAudio,
      hasRtx,
      hasTransportSequence,
      ...parts.offer,
    });
    session = await openHttpSession(options, offerSdp);
    const answer = readClientAnswer(options.editAnswer?.(session.answerSdp) ?? session.answerSdp);
    if (answer === undefined) throw notConnected('the answer is not usable');
    transport.setRemote(answer.remote);
    await connected;
    return { transport, answer, session };
  } catch (error) {
    transport.close();
    // The first error is the one to tell; a session left behind would end by its own timeout anyway.
    if (session !== undefined) await closeHttpSession(options, session.resource).catch(() => undefined);
    throw error;
  }
}

async function offerPatiently(options: OpenTransportOptions, handlers: TransportHandlers): Promise<OfferingTransport> {
  for (let tries = 0; ; tries++) {
    try {
      return await options.factory.offer(handlers);
    } catch (error) {
      const isBusy = error instanceof RoomtapeError && error.code === 'LIMIT_REACHED' && error.retryable;
      if (!isBusy || tries >= BUSY_RETRIES_MAX) throw error;
    }
    await new Promise<void>((resolve) => options.clock.after(BUSY_RETRY_MS, resolve));
  }
}

function notConnected(reason: string): RoomtapeError {
  return new RoomtapeError('WHIP_NOT_CONNECTED', `The media connection was not made: ${reason}`, {
    blame: 'system',
    retryable: true,
    details: { reason },
  });
}
