// The camera of this machine as a scanner: opens it, shows it, hands its pictures to the reader, tells what is new.
import { type Ref, computed, onBeforeUnmount, onMounted, ref, shallowRef, watch } from 'vue'
import type { Answer } from './camera.worker'
import CameraReader from './camera.worker?worker'
import { Sight } from './cameraSight'
import { settings } from './settings'

export type CameraState =
  | 'starting'
  /** The browser waits for somebody to allow it. */
  | 'asking'
  | 'on'
  /** The page is not seen, so the camera rests. */
  | 'hidden'
  | 'denied'
  | 'missing'
  | 'busy'
  /** The page came over plain http from another machine: browsers give it no camera. */
  | 'insecure'
  | 'unsupported'
  | 'broken'

/** Ten pictures a second; a slow machine takes fewer, and rests half as long as it read. */
const PICTURE_MS = 100
/** A camera that was allowed before is open by then; else somebody is being asked. */
const ASKED_MS = 700
/** Enough for a code of 57 modules at arm's length, and not more than a weak machine reads in time. */
const PICTURE_PX = { width: { ideal: 1280 }, height: { ideal: 720 } }

export const cameraState = ref<CameraState>('starting')
/** Nothing for the cashier to do. */
export const cameraFine = computed(() => ['starting', 'asking', 'on', 'hidden'].includes(cameraState.value))
export const several = ref(false)
/** Known with their names once one of them was allowed. */
export const cameras = shallowRef<MediaDeviceInfo[]>([])

let opener: (() => void) | null = null
export const retry = () => opener?.()

/** What a refusal of the browser means to a cashier. */
export function stateOf(error: unknown): CameraState {
  switch ((error as Partial<DOMException> | null)?.name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied'
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'missing'
    case 'NotReadableError':
    case 'AbortError':
      return 'busy'
    default:
      return 'broken'
  }
}

/** The chosen camera, or else the one that looks away from whoever holds the machine. */
function wanted(id: string): MediaStreamConstraints {
  const which = id ? { deviceId: { ideal: id } } : { facingMode: { ideal: 'environment' } }
  return { audio: false, video: { ...which, ...PICTURE_PX } }
}

function impossible(): CameraState | null {
  if (!window.isSecureContext) return 'insecure'
  const here =
    navigator.mediaDevices && typeof OffscreenCanvas !== 'undefined' && typeof WebAssembly !== 'undefined'
  return here ? null : 'unsupported'
}

async function list() {
  const all = (await navigator.mediaDevices?.enumerateDevices()) ?? []
  cameras.value = all.filter((of) => of.kind === 'videoinput' && of.deviceId)
}

interface Ears {
  scan(text: string): void
  /** Whether a new code has somebody to take it now. */
  ready(): boolean
}

/** One camera, shown in one `video`. */
class Camera {
  private readonly sight = new Sight()
  private stream: MediaStream | null = null
  private reader: Worker | null = null
  /** Counts openings and closings, so that what was begun before knows that it is over. */
  private turn = 0
  private timer = 0
  private began = 0

  constructor(
    private readonly video: Ref<HTMLVideoElement | undefined>,
    private readonly ears: Ears,
  ) {}

  close(then: CameraState) {
    this.turn += 1
    window.clearTimeout(this.timer)
    this.stream?.getTracks().forEach((track) => track.stop())
    this.stream = null
    // What is being read belongs to before.
    this.reader?.terminate()
    this.reader = null
    several.value = false
    if (this.video.value) this.video.value.srcObject = null
    cameraState.value = then
  }

  async open() {
    this.close('starting')
    const mine = this.turn
    const not = document.hidden ? 'hidden' : impossible()
    if (not) return this.close(not)
    this.timer = window.setTimeout(() => (cameraState.value = 'asking'), ASKED_MS)
    try {
      const opened = await navigator.mediaDevices.getUserMedia(wanted(settings.camera_id))
      const video = this.video.value
      if (mine !== this.turn || !video) return opened.getTracks().forEach((track) => track.stop())
      window.clearTimeout(this.timer)
      cameraState.value = 'starting'
      this.stream = opened
      for (const track of opened.getTracks()) track.onended = () => mine === this.turn && this.close('missing')
      video.srcObject = opened
      await video.play()
      await list()
      if (mine === this.turn) this.read()
    } catch (error) {
      if (mine === this.turn) this.close(stateOf(error))
    }
  }

  private read() {
    const mine = this.turn
    const worker = new CameraReader()
    this.reader = worker
    worker.onmessage = (event: MessageEvent<Answer>) => mine === this.turn && this.answered(event.data)
    worker.onerror = (event) => mine === this.turn && this.broke(event.message)
    void this.picture()
  }

  /** One picture after the other: the next one is taken when the one before was read. */
  private next() {
    const took = performance.now() - this.began
    this.timer = window.setTimeout(() => void this.picture(), Math.max(PICTURE_MS - took, took / 2))
  }

  private async picture() {
    const mine = this.turn
    this.began = performance.now()
    try {
      const image = await createImageBitmap(this.video.value!)
      if (mine === this.turn) this.reader?.postMessage(image, [image])
      else image.close()
    } catch {
      // The camera has no picture just now; a track that ended says so itself.
      if (mine === this.turn) this.next()
    }
  }

  private answered(answer: Answer) {
    if (answer.kind === 'failed') return this.broke(answer.words)
    cameraState.value = 'on'
    const look = this.sight.look(answer.seen, performance.now(), this.ears.ready())
    several.value = look.kind === 'several'
    this.next()
    if (look.kind === 'new') this.ears.scan(look.text)
  }

  private broke(words: string) {
    console.warn('the reader of codes failed:', words)
    this.close('broken')
  }
}

/** Opens again when somebody allowed it in the browser; gives what stops the watching. */
async function watchPermission(open: () => void): Promise<() => void> {
  try {
    const permission = await navigator.permissions.query({ name: 'camera' as PermissionName })
    permission.onchange = () => cameraState.value === 'denied' && open()
    return () => (permission.onchange = null)
  } catch {
    // Some browsers can't tell: there the cashier presses the button.
    return () => {}
  }
}

/** Runs while the component that holds `video` is there. */
export function useCamera(video: Ref<HTMLVideoElement | undefined>, ears: Ears) {
  const camera = new Camera(video, ears)
  const open = () => void camera.open()
  const plugged = () => {
    void list()
    if (cameraState.value === 'missing') open()
  }
  let permission: Promise<() => void>
  onMounted(() => {
    document.addEventListener('visibilitychange', open)
    navigator.mediaDevices?.addEventListener('devicechange', plugged)
    permission = watchPermission(open)
    opener = open
    open()
  })
  onBeforeUnmount(() => {
    document.removeEventListener('visibilitychange', open)
    navigator.mediaDevices?.removeEventListener('devicechange', plugged)
    void permission.then((end) => end())
    opener = null
    camera.close('starting')
  })
  watch(() => settings.camera_id, open)
}
