import { readdirSync, readFileSync } from 'node:fs';
import { RoomtapeError } from '@roomtape/media';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeSdpAnswer } from './sdp-answer.ts';
import { parseSdpFragment, writeSdpFragment } from './sdp-fragment.ts';
import { negotiatePlay, negotiatePublish } from './sdp-negotiate.ts';
import { parseSdpOffer } from './sdp-offer.ts';
import type { TransportDescription } from './transport.ts';

const FIXTURES = new URL('../fixtures/', import.meta.url);
const fixture = (name: string): string => readFileSync(new URL(name, FIXTURES), 'utf8');

const LOCAL: TransportDescription = {
  iceUfrag: 'abcd',
  icePwd: 'abcdefghijklmnopqrstuv',
  fingerprint: `sha-256 ${new Array(32).fill('AB').join(':')}`,
  setup: 'passive',
  candidates: ['candidate:1 1 udp 2130706431 127.0.0.1 5000 typ host'],
};

const answerTo = (text: string): string => {
  const offer = parseSdpOffer(text);
  const media = negotiatePublish(offer);
  return writeSdpAnswer({ offer, media, local: LOCAL, direction: 'recvonly', sessionVersion: 1 });
};

const preferring = (text: string, payloadType: number): string =>
  text.replace(
    /(m=video \d+ \S+ )(.*)/,
    (_, head, formats) => `${head}${payloadType} ${formats.replace(` ${payloadType} `, ' ')}`,
  );

describe('parseSdpOffer and negotiatePublish', () => {
  it.each([
    ['chromium-publish.sdp', 'opus', 'vp8', 97],
    ['chromium-simulcast.sdp', 'opus', 'vp8', 97],
    ['ffmpeg-whip.sdp', 'opus', 'h264', 105],
    ['obs-whip.sdp', 'opus', 'h264', undefined],
    ['gstreamer-whip.sdp', 'opus', 'vp8', 97],
  ])('accepts the offer of %s', (name, audio, video, rtx) => {
    const media = negotiatePublish(parseSdpOffer(fixture(name)));
    expect(media.find((m) => m.kind === 'audio')?.codec).toBe(audio);
    expect(media.find((m) => m.kind === 'video')?.codec).toBe(video);
    expect(media.find((m) => m.kind === 'video')?.rtxPayloadType).toBe(rtx);
  });

  it('knows the engine of browsers, whose sender reports differ, and takes nobody else for it', () => {
    const engines = readdirSync(FIXTURES).map((name) => [name, parseSdpOffer(fixture(name)).engine]);
    expect(Object.fromEntries(engines)).toEqual({
      'chromium-publish.sdp': 'libwebrtc',
      'chromium-simulcast.sdp': 'libwebrtc',
      'chromium-whep.sdp': 'libwebrtc',
      'ffmpeg-whip.sdp': undefined,
      'gstreamer-whip.sdp': undefined,
      'obs-whip.sdp': undefined,
    });
    const media = negotiatePublish(parseSdpOffer(fixture('chromium-publish.sdp')));
    expect(media.map((m) => m.senderEngine)).toEqual(['libwebrtc', 'libwebrtc']);
  });

  it('takes the first codec the publisher prefers, H.264 with packetization-mode 1', () => {
    const text = preferring(fixture('chromium-publish.sdp'), 104);
    const video = negotiatePublish(parseSdpOffer(text)).find((m) => m.kind === 'video');
    expect(video).toMatchObject({ codec: 'h264' });
    expect(video?.fmtp).toContain('packetization-mode=1');
  });

  it('reads simulcast layers, extensions and candidates', () => {
    const offer = parseSdpOffer(fixture('chromium-simulcast.sdp'));
    const video = negotiatePublish(offer).find((m) => m.kind === 'video');
    expect(video?.rids).toEqual(['q', 'h', 'f']);
    expect(video?.extensions).toMatchObject({ mid: 4, rid: 10, repairedRid: 11, transportSequence: 3 });
    expect(offer.transport.candidates[0]).toMatch(/^candidate:\d+ 1 udp/);
  });

  it('pairs media with its retransmissions by SSRC group', () => {
    const video = negotiatePublish(parseSdpOffer(fixture('gstreamer-whip.sdp'))).find((m) => m.kind === 'video');
    expect(video?.rtxSsrcs.get(2374926735)).toBe(1189254372);
  });

  it.each([
    ['empty text', '', 'INVALID_SDP'],
    ['other text', 'hello', 'INVALID_SDP'],
    ['no m-line', 'v=0\r\ns=-\r\n', 'INVALID_SDP'],
    ['2 MB', `v=0\r\n${'a=x\r\n'.repeat(400_000)}`, 'INVALID_SDP'],
    ['too many lines', `v=0\r\n${'a\n'.repeat(3000)}`, 'INVALID_SDP'],
    ['too many m-lines', `v=0\r\n${'m=audio 9 RTP/SAVPF 0\r\n'.repeat(17)}`, 'INVALID_SDP'],
    ['a damaged m-line', 'v=0\r\nm=audio\r\n', 'INVALID_SDP'],
    ['no fingerprint', fixture('obs-whip.sdp').replace(/a=fingerprint.*\r?\n/g, ''), 'INVALID_SDP'],
    ['a weak fingerprint', fixture('obs-whip.sdp').replace(/sha-256/g, 'sha-1'), 'INVALID_SDP'],
    ['no ICE user', fixture('obs-whip.sdp').replace(/a=ice-ufrag.*\r?\n/g, ''), 'INVALID_SDP'],
    [
      'an ICE user with a line break in it',
      fixture('obs-whip.sdp').replace('a=ice-ufrag:Q9dl', 'a=ice-ufrag:a b'),
      'INVALID_SDP',
    ],
    ['no rtcp-mux', fixture('obs-whip.sdp').replace(/a=rtcp-mux\r?\n/g, ''), 'NOT_ACCEPTABLE'],
    ['no BUNDLE', fixture('obs-whip.sdp').replace(/a=group:BUNDLE.*\r?\n/g, ''), 'NOT_ACCEPTABLE'],
    ['unknown codecs', fixture('obs-whip.sdp').replace(/opus|H264/g, 'XYZ'), 'NOT_ACCEPTABLE'],
    ['receiving only', fixture('obs-whip.sdp').replace(/sendonly/g, 'recvonly'), 'NOT_ACCEPTABLE'],
  ])('refuses %s with a typed error', (_, text, code) => {
    expect(() => answerTo(text)).toThrow(expect.objectContaining({ name: 'RoomtapeError', code }));
  });

  it('never throws anything but a RoomtapeError, and never lets a stranger write lines of our answer', () => {
    const corpus = readdirSync(FIXTURES).map(fixture);
    const mutation = fc.record({
      text: fc.constantFrom(...corpus),
      cuts: fc.array(fc.tuple(fc.nat(), fc.nat(40), fc.string({ unit: 'binary', maxLength: 12 })), { maxLength: 6 }),
    });
    fc.assert(
      fc.property(mutation, ({ text, cuts }) => {
        let mutated = text;
        for (const [at, length, insert] of cuts) {
          const start = at % mutated.length;
          mutated = mutated.slice(0, start) + insert + mutated.slice(start + length);
        }
        try {
          expect(
            answerTo(mutated)
              .split('\r\n')
              .filter((line) => !/^([a-z]=[\x20-\x7e]*)?$/.test(line)),
          ).toEqual([]);
        } catch (error) {
          expect(error).toBeInstanceOf(RoomtapeError);
        }
      }),
      { numRuns: 600, seed: 42 },
    );
  });
});

describe('writeSdpAnswer', () => {
  it('lets a publisher with congestion control begin at a bitrate that carries a picture of full size', () => {
    const answer = answerTo(fixture('chromium-publish.sdp'));
    expect(answer.match(/a=fmtp:.*x-google-start-bitrate=1000/g)).toHaveLength(1);
    const withoutFeedback = fixture('chromium-publish.sdp').replace(/a=rtcp-fb:.*transport-cc\r?\n/g, '');
    expect(answerTo(withoutFeedback)).not.toContain('x-google');
  });

  it('answers each m-line in its place and rejects further ones with port 0', () => {
    const extra = fixture('chromium-publish.sdp').replace('BUNDLE 0 1', 'BUNDLE 0 1 2');
    const video = extra.slice(extra.indexOf('m=video')).replace('a=mid:1', 'a=mid:2');
    const answer = answerTo(extra + video);
    const mlines = answer.split('\r\n').filter((line) => line.startsWith('m='));
    expect(mlines).toEqual([
      'm=audio 9 UDP/TLS/RTP/SAVPF 63 111',
      'm=video 9 UDP/TLS/RTP/SAVPF 96 97',
      expect.stringMatching(/^m=video 0 UDP/),
    ]);
    expect(answer).toContain('a=group:BUNDLE 0 1\r\n');
    expect(answer).toContain('a=setup:passive');
    expect(answer).toContain('a=rtcp-fb:96 transport-cc');
    expect(answer).not.toContain('goog-remb');
    expect(answer).toContain('a=candidate:1 1 udp 2130706431 127.0.0.1 5000 typ host');
  });

  it('takes simulcast', () => {
    const answer = answerTo(fixture('chromium-simulcast.sdp'));
    expect(answer).toContain('a=rid:q recv\r\na=rid:h recv\r\na=rid:f recv\r\na=simulcast:recv q;h;f');
  });

  it('becomes the DTLS client of an offerer that insists on being the server', () => {
    expect(parseSdpOffer(fixture('ffmpeg-whip.sdp')).transport.setup).toBe('passive');
  });

  it('echoes the H.264 profile and keeps feedback it was not offered out', () => {
    const answer = answerTo(fixture('obs-whip.sdp'));
    expect(answer).toContain('a=fmtp:96 profile-level-id=42e01f;packetization-mode=1');
    expect(answer).not.toContain('transport-cc');
    expect(answer).toContain('stereo=1');
  });
});

describe('negotiatePlay', () => {
  const offer = () => parseSdpOffer(fixture('chromium-whep.sdp'));
  const parameters = new Map([
    ['profile-level-id', '42e01f'],
    ['packetization-mode', '1'],
  ]);

  it('answers a viewer with the codec of the publisher and the SSRCs we send', () => {
    const media = negotiatePlay(offer(), [
      { kind: 'video', codec: 'h264', parameters },
      { kind: 'audio', codec: 'opus', parameters: new Map() },
    ]);
    const sent = { video: { media: 11, rtx: 12 }, audio: { media: 13, rtx: 14 } };
    const answer = writeSdpAnswer({
      offer: offer(),
      media,
      local: LOCAL,
      direction: 'sendonly',
      sessionVersion: 1,
      sent,
    });
    expect(media.find((m) => m.kind === 'video')?.fmtp).toContain('42e01f');
    expect(answer).toContain('a=ssrc-group:FID 11 12');
    expect(answer).toContain('a=sendonly');
    expect(answer).not.toContain('red/48000');
  });

  it('refuses a viewer that cannot decode the codec', () => {
    const tracks = [{ kind: 'video' as const, codec: 'h265' as const, parameters: new Map<string, string>() }];
    expect(() => negotiatePlay(offer(), tracks)).toThrow(expect.objectContaining({ code: 'NOT_ACCEPTABLE' }));
  });
});

describe('sdp fragments', () => {
  it('reads trickled candidates and restarts', () => {
    const text =
      'a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\na=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\na=end-of-candidates\r\n';
    expect(parseSdpFragment(text)).toMatchObject({
      iceUfrag: 'EsAw',
      candidates: ['candidate:1 1 udp 1 127.0.0.1 9 typ host'],
      endOfCandidates: true,
    });
  });

  it('reads back what it writes', () => {
    const fragment = parseSdpFragment(writeSdpFragment({ ...LOCAL, mid: '0', media: 'audio' }));
    expect(fragment).toMatchObject({ iceUfrag: 'abcd', fingerprint: LOCAL.fingerprint, candidates: LOCAL.candidates });
  });

  it.each(['a=ice-ufrag:x\r\n', 'a=ice-ufrag:abcd\r\n', 'x'.repeat(20_000)])('refuses a malformed one', (text) => {
    expect(() => parseSdpFragment(text)).toThrow(expect.objectContaining({ code: 'INVALID_SDP' }));
  });
});
