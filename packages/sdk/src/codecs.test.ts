import { describe, expect, it } from 'vitest';
import { applyOpusOptions, applyStartBitrate, orderVideoCodecs, preferVideoCodec, videoEncodings } from './codecs.ts';

const codec = (mimeType: string, sdpFmtpLine?: string): RTCRtpCodec =>
  ({ mimeType, clockRate: 90_000, ...(sdpFmtpLine === undefined ? {} : { sdpFmtpLine }) }) as RTCRtpCodec;

const VP8 = codec('video/VP8');
const RTX = codec('video/rtx');
const RED = codec('video/red');
const MAIN = codec('video/H264', 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4d001f');
const BASELINE_0 = codec('video/H264', 'level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f');
const BASELINE_1 = codec('video/H264', 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f');
const ALL = [VP8, RTX, MAIN, BASELINE_0, BASELINE_1, RED];

describe('codec choice', () => {
  it('offers the requested codec and retransmission, nothing else', () => {
    expect(preferVideoCodec(ALL, 'vp8')).toEqual([VP8, RTX]);
  });

  it('puts Constrained Baseline with packetization mode 1 first', () => {
    expect(preferVideoCodec(ALL, 'h264')).toEqual([BASELINE_1, MAIN, BASELINE_0, RTX]);
  });

  it('says which codecs there are when the requested one is not', () => {
    expect(() => preferVideoCodec(ALL, 'av1')).toThrowError(
      expect.objectContaining({ code: 'CODEC_NOT_SUPPORTED', details: { codec: 'av1', supported: ['h264', 'vp8'] } }),
    );
  });

  it('keeps every codec when none was requested, H.264 first', () => {
    expect(orderVideoCodecs(ALL)).toEqual([BASELINE_1, MAIN, BASELINE_0, VP8, RTX, RED]);
  });
});

describe('videoEncodings', () => {
  it('sends one layer by default, limited only when asked', () => {
    expect(videoEncodings({})).toEqual([{}]);
    expect(videoEncodings({ maxBitrateBps: 1_500_000 })).toEqual([{ maxBitrate: 1_500_000 }]);
  });

  it('sends a quarter, a half and the full size for simulcast', () => {
    expect(videoEncodings({ simulcast: true, maxBitrateBps: 3_000_000 })).toEqual([
      { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 300_000 },
      { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 1_000_000 },
      { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 3_000_000 },
    ]);
  });
});

describe('applyStartBitrate', () => {
  it('asks for it on every video codec and leaves retransmission and sound alone', () => {
    const sdp =
      'a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtpmap:98 H264/90000\r\na=fmtp:98 packetization-mode=1\r\n';

    expect(applyStartBitrate(sdp, 1_200_000)).toBe(
      'a=rtpmap:96 VP8/90000\r\na=fmtp:96 x-google-start-bitrate=1200\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtpmap:98 H264/90000\r\na=fmtp:98 packetization-mode=1;x-google-start-bitrate=1200\r\n',
    );
  });
});

describe('applyOpusOptions', () => {
  const sdp = 'm=audio 9 X 111\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;stereo=0\r\na=mid:0\r\n';

  it('replaces what it decides and keeps the rest', () => {
    const applied = applyOpusOptions(sdp, { stereo: true, dtx: false, maxBitrateBps: 96_000 });

    expect(applied).toBe(
      'm=audio 9 X 111\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;stereo=1;usedtx=0;maxaveragebitrate=96000\r\na=mid:0\r\n',
    );
  });

  it('adds the line where the answer has none', () => {
    const bare = sdp.replace(/a=fmtp.*\r\n/, '');

    expect(applyOpusOptions(bare, { stereo: false, dtx: true })).toContain(
      'a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1;stereo=0;usedtx=1\r\na=mid:0',
    );
  });

  it('leaves an answer without Opus alone', () => {
    expect(applyOpusOptions('m=video 9 X 96\r\n', { stereo: true, dtx: true })).toBe('m=video 9 X 96\r\n');
  });
});
