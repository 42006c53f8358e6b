"""Translucent washes on rough paper."""

from __future__ import annotations

import numpy as np

from stylelab.painting.canvas import *
from stylelab.painting.strokes import scattered

WASHES: Palette = ("#3f4f86", "#3a7fc0", "#4fb0b0", "#4f8f5a", "#93a63f", "#efb847", "#ee7f55", "#d9486e", "#9a5aa8")


def watercolour_wash(height=384, width=512, *, seed=0, palette=WASHES, wash_size=0.07, wash_length=2.2, direction=0.0, granulation=1.0, edge_darkening=1.0):
    sheet = sheet_of(height, width, 1024)
    colours = pigments(palette, 4)
    turn = angle_of(direction)
    w, h = sheet.right, sheet.bottom
    m = min(w, h)
    rng = random_stream(seed, 1)
    x, y = sheet.x, sheet.y
    u, v = x / w, y / h
    ph = rng.uniform(0, 6.28, 10)
    tooth = noise(sheet, random_stream(seed, 2), 260) * .7 + noise(sheet, random_stream(seed, 3), 420) * .6 + .3 * noise(sheet, random_stream(seed, 4), 120)
    flow = fractal_noise(sheet, random_stream(seed, 5), 5, 5)
    warp = fractal_noise(sheet, random_stream(seed, 6), 14, 5, .6)
    speck = np.clip(noise(sheet, random_stream(seed, 7), 500) - .6, 0, 2)
    total = np.zeros((sheet.rows, sheet.columns, 3), np.float32)
    absorb = lambda pos: -np.log(np.clip(wheel(colours, np.float32(pos / 9.0)), .015, .985))

    def lay(f, pos, density, soft=.004, edge=1.0, at=(slice(None), slice(None)), lift=0.0):
        """f: distance inside (units)."""
        nonlocal total
        cover = smooth_step(-soft, soft, f)
        rim = np.exp(-((f - .002) / .0035) ** 2) * .75 + np.exp(-np.clip(f, 0, 1) / .014) * .30
        d = density * cover * (1 + edge * edge_darkening * rim) * np.clip(1 + .38 * flow[at] + .16 * warp[at], .15, 3)
        d = d * np.clip(1 + granulation * (.16 * tooth[at] + .22 * speck[at]), .1, 3)
        a = absorb(pos)
        if lift: total[at] *= (1 - lift * cover)[..., None]
        total[at] += d[..., None] * a

    # sky, wet in wet
    sx, sy = (.66 + rng.uniform(-.04, .04)) * w, .27 * h
    r = np.hypot(x - sx, y - sy)
    up = np.clip(1 - v / .62, 0, 1)
    inf = np.full((sheet.rows, sheet.columns), 1.0, np.float32)
    lay(inf, 5.0, .50 * np.exp(-(r / (.30 * m)) ** 2) + .18 * np.exp(-((v - .52) / .1) ** 2) )
    lay(inf, 6.1, .30 * np.exp(-((r - .30 * m + .06 * warp * m) / (.16 * m)) ** 2) * (v < .75))
    lay(inf, 1.1, .62 * up ** 1.1 * smooth_step(.16 * m, .62 * m, r + .07 * flow * m) )
    lay(inf, 8.0, .26 * smooth_step(-.1, 1.2, flow) * up * smooth_step(.1, .4, r))
    # blooms
    for _ in range(7):
        bx, by, br = rng.uniform(0, w), rng.uniform(0, .5) * h, rng.uniform(.06, .15) * m
        f = br * (1 - .28 * warp) - np.hypot(x - bx, y - by)
        lay(f, rng.choice([1.0, 8.0, 2.0, 7.0]), .16, .004, 1.5)
    # glazes all over: flat-brush touches
    def touches(P, pos, density, size, length, a0, edge=.9, lift=0.0):
        n = len(P)
        for i in range(n):
            px, py = P[i]
            b = size[i] * .5; a = b * length
            R = a * 1.5
            c0, c1 = int(max((px - R) * sheet.unit, 0)), int(min((px + R) * sheet.unit, sheet.columns))
            r0, r1 = int(max((py - R) * sheet.unit, 0)), int(min((py + R) * sheet.unit, sheet.rows))
            if c1 <= c0 + 1 or r1 <= r0 + 1: continue
            at = (slice(r0, r1), slice(c0, c1))
            dx, dy = x[:, c0:c1] - px, y[r0:r1] - py
            co, si = np.cos(a0[i]), np.sin(a0[i])
            p, q = dx * co + dy * si, -dx * si + dy * co
            k = ((np.abs(p) / a) ** 2.6 + (np.abs(q) / b) ** 2.6) ** (1 / 2.6)
            f = (1 - k - .22 * warp[at]) * b
            lay(f, pos[i], density[i], .0022, edge, at, lift)
    P = scattered(sheet, random_stream(seed, 8), wash_size * .95)
    P = P[P[:, 1] < .56 * h]
    n = len(P); g = random_stream(seed, 9)
    pos = np.where(np.hypot(P[:, 0] - sx, P[:, 1] - sy) < .25 * m, g.choice([5.2, 6.1], n), g.choice([1.0, 1.5, 8.0, 2.0], n))
    touches(P, pos, g.uniform(.04, .16, n), wash_size * g.uniform(.6, 1.3, n), wash_length, turn + g.normal(-.25, .18, n))
    # sun left white
    f = .052 * m * (1 + .05 * warp) - r
    total *= (1 - .88 * smooth_step(-.003, .003, f))[..., None]
    lay(f, 5.0, .25, .003, 1.0)
    # mountains
    ranges = [(.42, .10, 1.0, 8.2, .50, 2.1), (.50, .075, 2.1, .6, .62, 3.2), (.575, .06, 2.7, 1.6, .72, 4.1), (.64, .045, 4.0, 2.8, .85, 6.0)]
    for k, (base, amp, fr, pos, den, rough) in enumerate(ranges):
        ridge = base * h - amp * h * (np.sin(fr * 2.2 * u + ph[k]) + .5 * np.sin(fr * 5.3 * u + ph[k + 1]) + .22 * np.sin(fr * 13 * u + ph[k + 2])) + .012 * rough * .5 * m * warp * (1 if k < 3 else 1.4)
        f = (y - ridge) * .8
        fade = np.clip(1 - (y - ridge) / (.20 * h), 0.10, 1) ** 1.2
        lay(f, pos, den * fade * .62, .003, 1.0, lift=.78)
        g = random_stream(seed, 20 + k)
        Q = scattered(sheet, g, wash_size * .75)
        rq = base * h - amp * h * (np.sin(fr * 2.2 * Q[:, 0] / w + ph[k]) + .5 * np.sin(fr * 5.3 * Q[:, 0] / w + ph[k + 1]))
        Q = Q[(Q[:, 1] > rq + .03 * h) & (Q[:, 1] < rq + .16 * h)]
        n = len(Q)
        touches(Q, pos + g.normal(0, .5, n), g.uniform(.05, .16, n), wash_size * g.uniform(.4, .9, n), wash_length * .9, turn + g.choice([.55, -.5, .1], n) + g.normal(0, .15, n))
    # meadow: many leaf-like touches and flowers
    g = random_stream(seed, 30)
    f = y - (.72 + .03 * np.sin(6 * u + ph[5])) * h - .02 * warp
    lay(f, 4.2, .18 * smooth_step(0, .25, f) + .16, .006, .7, lift=.85)
    Q = scattered(sheet, g, wash_size * .42); Q = Q[Q[:, 1] > .71 * h]; n = len(Q)
    depth = (Q[:, 1] / h - .7) / .3
    touches(Q, g.choice([3.0, 3.4, 4.0, 2.4, 4.6], n), g.uniform(.12, .38, n), wash_size * (.15 + .18 * depth) * g.uniform(.7, 1.3, n), wash_length * 2.0, turn - np.pi / 2 + g.normal(0, .38, n))
    Q = scattered(sheet, g, wash_size * .75); Q = Q[(Q[:, 1] > .74 * h)]; n = len(Q)
    depth = (Q[:, 1] / h - .7) / .3
    hue = g.choice([6.2, 7.0, 7.1, 6.6, 5.2, 8.1], n)
    for j in range(3):
        ang = g.uniform(0, 6.28, n); rad = wash_size * (.22 + .45 * depth)
        off = np.stack([np.cos(ang), np.sin(ang) * .7], 1) * (rad * .32)[:, None]
        touches(Q + off, hue + g.normal(0, .2, n), g.uniform(.32, .6, n), rad * g.uniform(.7, 1.1, n), 1.25, ang, lift=.72 if j == 0 else .45)
    touches(Q, np.full(n, 0.0), np.full(n, .7), wash_size * (.05 + .12 * depth), 1.1, ang)
    # spatter
    n = 120
    Q = g.uniform(0, 1, (n, 2)) * [w, h]
    touches(Q, g.choice([7.0, 5.2, 1.0, 3.0, 6.2], n), g.uniform(.3, .7, n), m * .004 * np.exp(g.normal(.4, .6, n)), 1.15, g.uniform(0, 6, n))
    paper = np.float32([.985, .972, .935])
    out = paper * np.exp(-total)
    gy, gx = np.gradient(tooth)
    out = out * (1 - np.clip((gx + gy) * sheet.unit / 1536 * .10, -.06, .06))[..., None]
    return sheet.picture(out.astype(np.float32))
