"""Leaded glass."""

from __future__ import annotations

import numpy as np

from stylelab.painting.canvas import *
from stylelab.painting.strokes import scattered

JEWELS: Palette = ("#16279c", "#1f62d6", "#35b3cf", "#0b7f5c", "#62b135", "#f7c22e", "#ef7a22", "#cf1f36", "#a01f74", "#5a2fa6")


def stained_glass(height=384, width=512, *, seed=0, palette=JEWELS, cell_size=0.05, direction=0.0, cell_stretch=1.7, lead_width=0.0075):
    from scipy.ndimage import distance_transform_edt
    from scipy.spatial import cKDTree
    sheet = sheet_of(height, width, 1024)
    colours = pigments(palette, 4)
    turn = angle_of(direction)
    w, h = sheet.right, sheet.bottom
    m = min(w, h)
    rng = random_stream(seed, 1)
    ph = rng.uniform(0, 6.28, 8)
    x, y = np.broadcast_arrays(sheet.x, sheet.y)
    u, v = x / w, y / h
    sx, sy = (0.64 + rng.uniform(-.05, .05)) * w, (0.30 + rng.uniform(-.03, .03)) * h

    # voronoi
    seeds = scattered(sheet, random_stream(seed, 2), cell_size)
    c, s = np.cos(turn), np.sin(turn)
    def metric(a, b): return np.stack([(a * c + b * s) / cell_stretch, (-a * s + b * c)* 1.0], -1)
    _, cell = cKDTree(metric(seeds[:, 0], seeds[:, 1])).query(metric(x, y).reshape(-1, 2))
    cell = cell.reshape(x.shape).astype(np.int64)

    hue = np.zeros(x.shape, np.float32); spread = np.full(x.shape, .8, np.float32)
    region = np.zeros(x.shape, np.int64); piece = cell.copy(); bright = np.ones(x.shape, np.float32)
    # rays
    r = np.hypot(x - sx, y - sy); th = np.arctan2(y - sy, x - sx)
    rays = 22
    wob = 0.10 * np.sin(r / m * 9 + ph[0])
    ray = np.floor((th + wob) / (2 * np.pi) * rays).astype(np.int64) % rays
    hue = np.where(ray % 2 == 0, 0.3, 1.6); hue = np.where(ray % 4 == 1, 9.2, hue)
    hue = hue + 0 * x
    region = 1 + ray
    def put(mask, reg, hue_, piece_=None, spread_=.8, bright_=1.0):
        nonlocal region, hue, piece, spread, bright
        region = np.where(mask, reg, region); hue = np.where(mask, hue_, hue); spread = np.where(mask, spread_, spread); bright = np.where(mask, bright_, bright)
        piece = np.where(mask, cell if piece_ is None else piece_, piece)
    # sun rings
    step = 0.055 * m
    for k, (hh, n) in enumerate(((5.2, 1), (5.6, 9), (6.1, 14), (6.9, 20))[::-1]):
        R = step * (4 - k) * np.array(1.0) + 0.01 * m
        sector = np.floor((th / (2 * np.pi) + 0.13 * k) * n).astype(np.int64) % n
        put(r < R, 100 + k, hh, sector, .25, 1.15)
    # hills
    hills = ((0.55, .05, 5.5, 9.0), (0.63, .05, 4.3, 3.0), (0.74, .06, 3.6, 4.1))
    for k, (base, amp, f, hh) in enumerate(hills):
        f_ = base + amp * np.sin(f * u + ph[k + 1]) + 0.02 * np.sin(2.3 * f * u + ph[k + 2])
        put(v > f_, 200 + 2 * k, hh, None, .7)
        put(v > f_ + 0.05 + .02*k, 201 + 2 * k, hh + (.6 if k else -.8), None, .6)
    # river
    t = np.clip((v - 0.60) / 0.40, 0, 1)
    cx = 0.52 + 0.17 * np.sin(5.2 * t ** 0.7 + ph[5] * .15 + 2.8) * (0.35 + t)
    half = 0.012 + 0.13 * t ** 1.4
    side = np.floor((u - cx) / (half * 2 / 3)).astype(np.int64)
    put((np.abs(u - cx) < half) & (v > .60), 300 + side, 1.8 + .5 * np.sign(side), None, .5, 1.1)
    # flowers
    for k, (fu, fv, fr, hh) in enumerate(((0.15, 0.66, 0.135, 7.2), (0.33, 0.83, 0.10, 8.2), (0.88, 0.70, 0.12, 7.0), (0.72, 0.86, 0.085, 6.3), (.055, .9, .075, 8.4))):
        fx, fy = (fu + rng.uniform(-.02, .02)) * w, (fv + rng.uniform(-.02, .02)) * h
        R = fr * m * 1.25
        # stem
        stem = (np.abs(x - fx - 0.02 * np.sin((y - fy) * 12 + k)) < 0.009) & (y > fy)
        put(stem, 400 + k, 3.3, np.floor((y - fy) / .07).astype(np.int64), .3)
        for sgn in (-1, 1):
            lx, ly = fx + sgn * .045 * (1 + .3 * k % 2), fy + 1.75 * R
            a, b = (x - lx) * .8 + sgn * (y - ly) * .6, -sgn * (x - lx) * .6 + (y - ly) * .8
            leaf = (a / (.06)) ** 2 + (b / .02) ** 2 * (1 + 0 * a) < 1
            put(leaf, 420 + 2 * k + (sgn > 0), 3.6, (b > 0).astype(np.int64), .5)
        rr = np.hypot(x - fx, y - fy); tt = np.arctan2(y - fy, x - fx) + ph[6] + k
        n = 7 if k % 2 == 0 else 6
        edge = R * (0.80 + 0.20 * np.abs(np.cos(tt * n / 2)) ** .6)
        petal = np.floor(tt / (2 * np.pi) * n + .5).astype(np.int64) % n
        outer = (rr > edge * .62).astype(np.int64)
        put(rr < edge, 500 + 10 * k, hh + .7 * (outer - .6), petal * 2 + outer, .3, 1.05)
        put(rr < R * .30, 501 + 10 * k, 5.1, 0, .1, 1.2)
    label = region * 100_000 + piece
    _, pane = np.unique(label, return_inverse=True); pane = pane.reshape(x.shape)
    n = pane.max() + 1
    prng = random_stream(seed, 3)
    edge = np.zeros(x.shape, bool)
    edge[:, 1:] |= pane[:, 1:] != pane[:, :-1]; edge[1:] |= pane[1:] != pane[:-1]
    edge[0] = edge[-1] = True; edge[:, 0] = edge[:, -1] = True
    dist = distance_transform_edt(~edge).astype(np.float32) / sheet.unit
    # per-pane
    jitter = prng.standard_normal(n).astype(np.float32)[pane]; lightness = prng.normal(0, .16, n).astype(np.float32)[pane]; kind = prng.integers(0, 4, n)[pane]
    pos = hue + spread * .7 * jitter
    grain = fractal_noise(sheet, random_stream(seed, 4), 26, 4)
    wisp = noise(sheet, random_stream(seed, 5), 70, 9) + .6 * noise(sheet, random_stream(seed, 7), 160, 12)
    wisp2 = noise(sheet, random_stream(seed, 6), 14, .14)
    streak = np.select([kind == 0, kind == 1, kind == 2], [wisp, wisp2, grain * 1.1], .6 * grain + .4 * wisp)
    col = wheel(colours, (pos + 0.28 * streak + .18 * grain) / 10)
    glow = 0.80 + 0.32 * np.exp(-r / (0.45)) + lightness + 0.13 * streak + .06 * grain
    inner = smooth_step(0, cell_size * .42, dist - lead_width / 2)
    glow = glow * (0.62 + 0.5 * inner) * bright
    gx, gy = np.gradient(gaussian(grain + .7 * streak, sheet), axis=(1, 0))
    spark = np.clip(-(gx + gy) * sheet.unit / 1536 * 3.2, -.25, .5)
    glow = glow + spark * .6
    white = np.clip(glow - 1.0, 0, .6)[..., None]
    out = col * np.clip(glow, 0, 1.15)[..., None]; out = out * (1 - white) + white * np.array([1, .97, .86])
    # leads
    half = lead_width * (0.5 + .10 * noise(sheet, random_stream(seed, 8), 25))
    cover = smooth_step(half + .5 / sheet.unit, half - .5 / sheet.unit, dist)[..., None]
    d = np.clip(dist / half, 0, 1); height_ = np.sqrt(1 - d * d * .96)
    hy, hx = np.gradient(height_); lit = np.clip(-(hx + hy) * sheet.unit / 1536 * 3, -.6, 1)
    lead = (0.10 + .10 * lit + .03 * grain)[..., None] * np.array([.95, 1.0, 1.08])
    out = out * (1 - cover) + lead * cover
    return sheet.picture(out.astype(np.float32))

def gaussian(a, sheet):
    from scipy.ndimage import gaussian_filter
    return gaussian_filter(a, sheet.unit / 900)
