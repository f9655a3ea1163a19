// What reads codes in pictures and at serial ports, in one piece: only machines that use it load it.
export { default as CameraStrip } from './CameraStrip.vue'
export { default as CameraView } from './CameraView.vue'
export { default as ScannersPanel } from './ScannersPanel.vue'
export { hearSerial, leaveSerial } from './serial'
