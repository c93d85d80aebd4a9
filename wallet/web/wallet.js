// The camera: pictures go to the wallet's own process, which reads the codes in them. Everything else on these
// pages works without a script.
"use strict";

const MOST_SIDE = 1280;
const REST_MS = 60;
const part = document.getElementById("camera");
const video = document.getElementById("picture");
const start = document.getElementById("start");
const stop = document.getElementById("stop");
const seen = document.getElementById("seen");
const canvas = document.createElement("canvas");
let stream = null;

function grey() {
  const scale = Math.min(1, MOST_SIDE / Math.max(video.videoWidth, video.videoHeight));
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  const colours = context.getImageData(0, 0, canvas.width, canvas.height).data;
  const pixels = new Uint8Array(canvas.width * canvas.height);
  for (let at = 0, from = 0; at < pixels.length; at += 1, from += 4) {
    pixels[at] = (77 * colours[from] + 150 * colours[from + 1] + 29 * colours[from + 2]) >> 8;
  }
  return pixels;
}

async function look() {
  const pixels = grey();
  const asked = new URLSearchParams({ width: canvas.width, here: location.pathname });
  const answer = await fetch(`/camera?${asked}`, {
    method: "POST",
    headers: { "Content-Type": "application/octet-stream" },
    body: pixels,
  });
  return answer.headers.get("Content-Type") === "application/json" ? answer.json() : { fault: part.dataset.lost };
}

function tell(words) {
  if (seen.textContent !== words) seen.textContent = words;
}

async function keepLooking() {
  while (stream) {
    if (video.videoWidth) {
      const found = await look().catch(() => ({ fault: part.dataset.lost }));
      if (!stream) return;
      if (found.go) {
        end();
        location.assign(found.go);
        return;
      }
      if (found.fault) tell(found.fault);
      else tell(found.count ? `${part.dataset.read}: ${found.read} / ${found.count}` : part.dataset.on);
    }
    await new Promise((go) => setTimeout(go, REST_MS));
  }
}

function end() {
  if (stream) stream.getTracks().forEach((track) => track.stop());
  stream = null;
  video.hidden = stop.hidden = true;
  start.hidden = false;
  start.focus();
  tell("");
}

async function begin() {
  start.disabled = true;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: "environment", width: { ideal: MOST_SIDE } },
    });
  } catch {
    tell(part.dataset.denied);
    return;
  } finally {
    start.disabled = false;
  }
  video.srcObject = stream;
  video.hidden = stop.hidden = false;
  start.hidden = true;
  stop.focus();
  await video.play();
  keepLooking();
}

part.hidden = false;
start.addEventListener("click", begin);
stop.addEventListener("click", end);
