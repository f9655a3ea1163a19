// One file with all that an entry needs, as the pages' builds make it.
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

export async function bundle(entry) {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const made = await build({
    root,
    configFile: false,
    logLevel: 'warn',
    // As in `web/vite.config.ts`: what an old kiosk still runs.
    build: {
      write: false,
      target: ['chrome87', 'safari14.1'],
      minify: true,
      lib: { entry: fileURLToPath(new URL(`../${entry}`, import.meta.url)), formats: ['es'] },
    },
  })
  const [{ output }] = [made].flat()
  return output[0].code
}
