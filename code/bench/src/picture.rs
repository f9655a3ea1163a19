//! A QR code as a camera may see it: grey pixels, with what paper, hands and light do to them.

use crate::chance::Chance;
use fast_qr::QRCode;

pub struct Picture {
    pub side: usize,
    pub grey: Vec<u8>,
}

#[derive(Clone, Copy)]
pub enum Condition {
    Clean,
    Blurred,
    Turned,
    Worn,
}

impl Condition {
    pub const ALL: [Condition; 4] = [Condition::Clean, Condition::Blurred, Condition::Turned, Condition::Worn];

    pub fn name(self) -> &'static str {
        match self {
            Condition::Clean => "clean",
            Condition::Blurred => "blur 1 px, noise",
            Condition::Turned => "turned 35°, noise",
            Condition::Worn => "worn",
        }
    }
}

const INK: f32 = 25.0;
const PAPER: f32 = 230.0;
/// What ISO/IEC 18004 asks around a code.
const QUIET: f32 = 4.0;
/// Samples of a pixel, each way.
const SAMPLES: usize = 3;

/// `width` is that of the code without its quiet zone, in pixels of the sensor.
pub fn take(code: &QRCode, width: usize, condition: Condition, chance: &mut Chance) -> Picture {
    let angle = match condition {
        Condition::Turned => 35.0,
        _ => 0.0,
    };
    let mut grey = draw(code, width, f32::to_radians(angle), chance);
    let side = (grey.len() as f32).sqrt() as usize;
    match condition {
        Condition::Clean => {}
        Condition::Blurred => {
            grey = blurred(&grey, side, 1.0);
            noise(&mut grey, 10.0, chance);
        }
        Condition::Turned => noise(&mut grey, 10.0, chance),
        Condition::Worn => {
            wear(&mut grey, side, width, chance);
            grey = blurred(&grey, side, 0.6);
            noise(&mut grey, 6.0, chance);
        }
    }
    Picture { side, grey: grey.into_iter().map(|level| level.clamp(0.0, 255.0) as u8).collect() }
}

/// Each pixel is the mean of what it covers. Where the code's corner falls within a pixel is chance, as in a hand.
fn draw(code: &QRCode, width: usize, angle: f32, chance: &mut Chance) -> Vec<f32> {
    let modules = code.size as f32;
    let module = width as f32 / modules;
    let (sin, cos) = angle.sin_cos();
    let whole = (modules + 2.0 * QUIET) * module * (sin.abs() + cos.abs());
    let side = whole.ceil() as usize + 2;
    let middle = [side as f32 / 2.0 + chance.share(), side as f32 / 2.0 + chance.share()];
    let dark = |x: f32, y: f32| {
        let (x, y) = (x - middle[0], y - middle[1]);
        let across = (x * cos + y * sin) / module + modules / 2.0;
        let down = (y * cos - x * sin) / module + modules / 2.0;
        let inside = |at: f32| (0.0..modules).contains(&at);
        inside(across) && inside(down) && code[down as usize][across as usize].value()
    };
    let mut grey = Vec::with_capacity(side * side);
    for pixel in 0..side * side {
        let (x, y) = ((pixel % side) as f32, (pixel / side) as f32);
        let part = |sample: usize| (sample as f32 + 0.5) / SAMPLES as f32;
        let samples = (0..SAMPLES * SAMPLES).filter(|of| dark(x + part(of % SAMPLES), y + part(of / SAMPLES)));
        let ink = samples.count() as f32 / (SAMPLES * SAMPLES) as f32;
        grey.push(PAPER + (INK - PAPER) * ink);
    }
    grey
}

fn noise(grey: &mut [f32], deviation: f32, chance: &mut Chance) {
    grey.iter_mut().for_each(|level| *level += deviation * chance.normal());
}

/// Gauss, across and then down.
fn blurred(grey: &[f32], side: usize, deviation: f32) -> Vec<f32> {
    let reach = (3.0 * deviation).ceil() as isize;
    let weight = |of: isize| (-((of * of) as f32) / (2.0 * deviation * deviation)).exp();
    let sum: f32 = (-reach..=reach).map(weight).sum();
    let pass = |from: &[f32], step: [isize; 2]| -> Vec<f32> {
        let at = |x: isize, y: isize| {
            let last = side as isize - 1;
            from[(y.clamp(0, last) * side as isize + x.clamp(0, last)) as usize]
        };
        let pixel = |of: usize| {
            let (x, y) = ((of % side) as isize, (of / side) as isize);
            (-reach..=reach).map(|far| weight(far) * at(x + far * step[0], y + far * step[1])).sum::<f32>() / sum
        };
        (0..from.len()).map(pixel).collect()
    };
    pass(&pass(grey, [1, 0]), [0, 1])
}

/// A card after years in a pocket: scratches down to the plastic, a spot of glare over a twentieth of the code, ink
/// that has paled.
fn wear(grey: &mut [f32], side: usize, width: usize, chance: &mut Chance) {
    grey.iter_mut().for_each(|level| *level = PAPER + (*level - PAPER) * 0.7);
    let (side_px, width) = (side as f32, width as f32);
    for _ in 0..6 {
        let (x, y) = (chance.between(0.1, 0.9) * side_px, chance.between(0.1, 0.9) * side_px);
        let angle = chance.between(0.0, std::f32::consts::PI);
        let (length, thick) = (chance.between(0.2, 0.6) * width, (width * 0.006).max(0.7));
        paint(grey, side, |px, py| {
            let (dx, dy) = (px - x, py - y);
            let (along, off) = (dx * angle.cos() + dy * angle.sin(), dy * angle.cos() - dx * angle.sin());
            along.abs() < length / 2.0 && off.abs() < thick / 2.0
        });
    }
    let radius = width * (0.05 / std::f32::consts::PI).sqrt();
    let mut within = || side_px / 2.0 + chance.between(-0.4, 0.4) * width;
    let (x, y) = (within(), within());
    paint(grey, side, |px, py| (px - x).powi(2) + (py - y).powi(2) < radius * radius);
}

fn paint(grey: &mut [f32], side: usize, covers: impl Fn(f32, f32) -> bool) {
    for (pixel, level) in grey.iter_mut().enumerate() {
        if covers((pixel % side) as f32 + 0.5, (pixel / side) as f32 + 0.5) {
            *level = 250.0;
        }
    }
}
