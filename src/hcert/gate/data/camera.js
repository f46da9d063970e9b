// The camera: opened at 1280 × 720, which reads every code that people carry; its frames as JPEG.

const WIDTH = 1280;
const HEIGHT = 720;
const QUALITY = 0.85;
const FRAME_MS = 30; // between two frames that are read
const NEXT_FRAME_MS = 250; // to wait for one
const FROZEN_MS = 1500; // without one, the camera has frozen
const RETRY_MS = 3000;

const PROBLEMS = { NotAllowedError: "refused", SecurityError: "refused", NotFoundError: "absent" };

// Opens the camera into the video element and keeps it open; says what is wrong in `data-camera` of the body.
export function keepCamera(video, onChange) {
  const report = (state) => {
    document.body.dataset.camera = state;
    onChange(state);
  };
  const retry = () => setTimeout(open, RETRY_MS);

  async function open() {
    try {
      const wanted = { width: { ideal: WIDTH }, height: { ideal: HEIGHT }, facingMode: { ideal: "environment" } };
      const stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
      stream.getVideoTracks()[0].addEventListener("ended", () => { report("busy"); retry(); });
      video.srcObject = stream;
      await video.play();
      report("on");
    } catch (error) {
      report(PROBLEMS[error.name] ?? "busy");
      retry();
    }
  }

  // Says so while no frame comes from a camera that is open.
  let seen = 0;
  setInterval(() => {
    const isFrozen = frames.count === seen && !document.hidden;
    seen = frames.count;
    if (document.body.dataset.camera === "on" && isFrozen) report("busy");
    else if (document.body.dataset.camera === "busy" && !isFrozen) report("on");
  }, FROZEN_MS);

  report("starting");
  countFrames(video);
  open();
}

const frames = { count: 0, taken: 0, wake: () => {} };

function countFrames(video) {
  video.requestVideoFrameCallback(() => {
    frames.count += 1;
    frames.wake();
    countFrames(video);
  });
}

// Waits for a frame that was not taken yet; tells whether there is one. A camera that has
// frozen has none, and its last picture must not be read again and again.
export async function nextFrame() {
  await pause(FRAME_MS);
  if (frames.count === frames.taken) {
    await Promise.race([new Promise((resolve) => { frames.wake = resolve; }), pause(NEXT_FRAME_MS)]);
  }
  const isNew = frames.count !== frames.taken;
  frames.taken = frames.count;
  return isNew;
}

function pause(duration) {
  return new Promise((resolve) => setTimeout(resolve, duration));
}

const canvas = document.createElement("canvas");
const context = canvas.getContext("2d", { alpha: false });

// The frame in the camera now, as JPEG; null where there is none.
export function grabFrame(video) {
  if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA || !video.videoWidth) return null;
  const scale = Math.min(1, WIDTH / Math.max(video.videoWidth, video.videoHeight));
  const [width, height] = [video.videoWidth, video.videoHeight].map((length) => Math.round(length * scale));
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  context.drawImage(video, 0, 0, width, height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
}
