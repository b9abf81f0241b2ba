// Puts a recording into a <video>: what the browser plays by itself as it is, FLV and HLS through libraries that are
// loaded only when such a file is opened.

/** What is played: an address on this server or a `blob:` one, and the container that lies there. */
export type MediaAddress = { readonly url: string; readonly container: string };

/** Ends playback and gives memory back; the element is empty afterwards. */
export type Detach = () => void;

/** Called with what went wrong, in words, when the media cannot be played. */
export type OnFailure = (reason: string) => void;

/** Attaches media to an element. Never throws: failures, a missing library included, come through `onFailure`. */
export function attachMedia(video: HTMLVideoElement, media: MediaAddress, onFailure: OnFailure): Detach {
  const attach = ATTACHERS[media.container.toLowerCase()];
  if (attach === undefined) return attachDirectly(video, media.url, onFailure);
  let detach: Detach | undefined;
  let isOver = false;
  attach(video, media.url, onFailure).then(
    (end) => {
      if (isOver) end();
      else detach = end;
    },
    () => onFailure('The player could not be loaded'),
  );
  return () => {
    isOver = true;
    detach?.();
  };
}

/** The container that a file name stands for. */
export function containerOf(fileName: string): string {
  const suffix = fileName.slice(fileName.lastIndexOf('.') + 1).toLowerCase();
  return suffix === 'm3u8' ? 'hls' : suffix;
}

type Attacher = (video: HTMLVideoElement, url: string, onFailure: OnFailure) => Promise<Detach>;

const ATTACHERS: Readonly<Record<string, Attacher>> = { flv: attachFlv, hls: attachHls };

function attachDirectly(video: HTMLVideoElement, url: string, onFailure: OnFailure): Detach {
  const fail = (): void => onFailure(video.error?.message || 'The browser cannot read the file');
  video.addEventListener('error', fail);
  video.src = url;
  return () => {
    video.removeEventListener('error', fail);
    empty(video);
  };
}

async function attachFlv(video: HTMLVideoElement, url: string, onFailure: OnFailure): Promise<Detach> {
  const { default: mpegts } = await import('mpegts.js');
  if (!mpegts.isSupported()) {
    onFailure('This browser has no Media Source Extensions');
    return () => undefined;
  }
  // Its own log is for its makers: what goes wrong arrives as an event.
  mpegts.LoggingControl.enableAll = false;
  const player = mpegts.createPlayer({ type: 'flv', url }, { accurateSeek: true, lazyLoad: false });
  player.on(mpegts.Events.ERROR, (type: string, detail: string) => onFailure(`${type}: ${detail}`));
  player.attachMediaElement(video);
  player.load();
  return () => player.destroy();
}

async function attachHls(video: HTMLVideoElement, url: string, onFailure: OnFailure): Promise<Detach> {
  const { default: Hls } = await import('hls.js/light');
  if (!Hls.isSupported()) return attachDirectly(video, url, onFailure);
  // In the page itself: its worker would be a blob of code, which the page's policy need not allow for this.
  const player = new Hls({ enableWorker: false });
  player.on(Hls.Events.ERROR, (_event, { fatal, details }) => {
    if (fatal) onFailure(details);
  });
  player.loadSource(url);
  player.attachMedia(video);
  return () => {
    player.destroy();
    empty(video);
  };
}

/** Without this an element keeps reading the file it showed last. */
function empty(video: HTMLVideoElement): void {
  video.removeAttribute('src');
  video.load();
}
