// A sound for each verdict, off until somebody turns it on: two rising tones, two low ones, one in between.

const TONES = { accepted: [660, 990], authentic: [660, 660], refused: [196, 147], unchecked: [294] };
const SECONDS = 0.14;

let audio = null;

export function setSound(isOn) {
  if (isOn) audio = audio ?? new AudioContext();
  else {
    audio?.close();
    audio = null;
  }
}

export function play(state) {
  if (audio === null) return;
  (TONES[state] ?? []).forEach((frequency, index) => {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    const begin = audio.currentTime + index * SECONDS;
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.25, begin);
    volume.gain.exponentialRampToValueAtTime(0.001, begin + SECONDS);
    tone.connect(volume).connect(audio.destination);
    tone.start(begin);
    tone.stop(begin + SECONDS);
  });
}
