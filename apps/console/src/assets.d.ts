// Files the bundler takes in besides TypeScript.

declare module '*.css';

/** The same player without what the console never plays (subtitles, DRM, alternative sound). */
declare module 'hls.js/light' {
  import Hls from 'hls.js';
  export default Hls;
}
