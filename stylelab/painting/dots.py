"""A summer meadow in dots of pure pigment."""

from __future__ import annotations

import numpy as np

from stylelab.painting.canvas import *
from stylelab.painting.strokes import Strokes, joined, oil_paint, scattered, straight, traced

MEADOW: Palette = ("#26389a", "#3b8fd6", "#27a59a", "#1f7a3f", "#7db83c", "#f6d835", "#f38a26", "#d93a34", "#e07ab0", "#6d48a5")


def pointillist_field(height=384, width=512, *, seed=0, palette=MEADOW, dot_size=0.0085, direction=0.0, dot_length=1.0, purity=1.0):
    sheet = sheet_of(height, width)
    colours = pigments(palette, 4)
    angle = angle_of(direction)
    w, h = sheet.right, sheet.bottom
    rng = random_stream(seed, 1)
    n1, n2, n3 = random_waves(rng, 4, 16), random_waves(rng, 9, 24), random_waves(rng, 24, 24)
    ph = rng.uniform(0, 6.28, 6)
    crowns = [(0.80, 0.36, 0.17), (0.93, 0.30, 0.19), (0.70, 0.47, 0.10), (0.90, 0.47, 0.15), (0.05, 0.47, 0.085), (0.135, 0.50, 0.06),(-.01,.5,.07)]
    crowns = [((u + rng.uniform(-.015, .015)) * w, (v + rng.uniform(-.01, .01)) * h, r * min(w, h) * 1.0) for u, v, r in crowns]

    def scene(P):
        x, y = P.T
        u, v = x / w, y / h
        horizon = 0.50 + 0.012 * np.sin(9 * u + ph[0])
        # sky
        cloud = smooth_step(0.1, 1.1, n1(x * 0.8, y * 2.2) + 0.4 * n2(x, y * 2) )* smooth_step(.5,.32,v)
        hue = 1.05 + 0.5 * (v * 2 - 0.5) ; hue = hue - 1.0 * smooth_step(.25, 0, v)
        tint = 0.25 + 0.75 * v
        hue = np.where(cloud > 0.5, 8.2 + 0.6*n3(x,y), hue); tint = np.where(cloud > .5, 0.72, tint)
        low = smooth_step(0.30, 0.50, v); pick = rng.uniform(0, 1, len(x)) < low * 0.65
        hue = np.where(pick, rng.choice([5.3, 6, 8.0], len(x)), hue); tint = np.where(pick, 0.62, tint)
        spread = np.full_like(x, 0.7); comp = np.full_like(x, 0.07)
        # far hills
        hillf = 0.445 + 0.035 * np.sin(7 * u + ph[1]) + 0.02 * np.sin(15 * u + ph[2])
        m = v > hillf
        hue = np.where(m, 9.4 + 1.2 * smooth_step(0.42, .5, v), hue); tint = np.where(m, 0.42, tint); comp = np.where(m, .1, comp)
        # river
        m = v > horizon
        hue = np.where(m, 1.0 + 0.5 * n3(x * .4, y * 3), hue); tint = np.where(m, 0.45 + 0.2 * (n3(x * .3, y * 2.5) > .6), tint); comp = np.where(m, .12, comp)
        # sails
        for cx, cy, s in ((0.36, 0.55, 0.15), (0.50, 0.52, 0.085), (0.22, 0.525, 0.07)):
            t = (y - (cy * h - s * h)) / (s * h)
            tri = (t > 0) & (t < 1) & (x > cx * w - 0.015*t* w) & (x < cx * w + 0.33 * s * w * t + .004)
            hue = np.where(tri, np.where(x < cx * w+.02*w, 5.2, 6.3), hue); tint = np.where(tri, 0.8, tint); spread = np.where(tri, .5, spread); comp=np.where(tri,.04,comp)
            hull = (np.abs(t - 1.04) < 0.06) & (np.abs(x - cx * w - .01) < .2 * s * w+.006)
            hue = np.where(hull, 9.4, hue); tint = np.where(hull, 0, tint)
            refl = (t > 1.1) & (t < 1.75) & (np.abs(x - cx * w - .012) < .12 * s * w * (1.9 - t)*2) & (rng.uniform(0, 1, len(x)) < .6)
            hue = np.where(refl, 5.3, hue); tint = np.where(refl, .7, tint)
        # meadow bank
        bank = 0.60 + 0.10 * (1 - u) ** 2 - 0.08 * smooth_step(.4, 1, u) + 0.012 * np.sin(14 * u + ph[3])
        m = v > bank
        depth = np.clip((v - bank) / (1 - bank), 0, 1)
        g = 4.45 + 0.75 * n2(x * .6, y * 2.5) * (1-.3*depth)
        hue = np.where(m, g, hue); tint = np.where(m, 0.18 * (1 - depth), tint); spread = np.where(m, .75, spread); comp = np.where(m, .06 + .07 * depth, comp)
        # shadow of trees on the meadow
        sh = ((u - 0.80) / 0.34) ** 2 + ((v - 0.70 - 0.03*np.sin(u*30)) / 0.075) ** 2 + 0.35 * n2(x, y)
        s_ = m & (sh < 1)
        hue = np.where(s_, 2.6 + 0.0 * x, hue); hue = np.where(s_ & (rng.uniform(0, 1, len(x)) < .42), rng.choice([9.2, 0.1], len(x)), hue); tint = np.where(s_, 0.0, tint)
        # path
        c = 0.30 + 0.26 * np.sin(2.6 * (1 - depth) + 0.4) * (1 - .5 * depth)
        p_ = m & (np.abs(u - c) < 0.012 + 0.10 * depth ** 1.3)
        hue = np.where(p_, rng.choice([8.1, 6.2, 5.4, 8.0], len(x)), hue); tint = np.where(p_, 0.6 - .12 * n2(x, y), tint); comp = np.where(p_, .13, comp)
        # trunks
        for cx, cy, r in crowns:
            tr = (np.abs(x - cx - 0.006 * np.sin(y * 40)) < 0.09 * r) & (y > cy) & (y < cy + 2.0 * r) & (y < .69 * h)
            hue = np.where(tr, rng.choice([9.0, 0.0, 7.0], len(x)), hue); tint = np.where(tr, 0.0, tint)
        for cx, cy, r in crowns:
            dx, dy = (x - cx) / r, (y - cy) / (r * 1.05)
            d = dx * dx + dy * dy + 0.28 * n2(x * 1.3, y * 1.3) + .12 * n3(x, y)
            k = d < 1
            light = np.clip(-(dx * .6 + dy * .8) * .75 + 0.38 * n2(x * 1.6 + 3, y * 1.6) + 0.15, -1, 1)
            hh = 3.3 + 1.6 * np.clip(light, 0, 1) - 0.2
            hue = np.where(k, hh, hue); tint = np.where(k, 0.05 + .25 * np.clip(light, 0, 1), tint)
            dark = k & (light < -.05) & (rng.uniform(0, 1, len(x)) < .75 * np.clip(-light + .25, 0, 1))
            hue = np.where(dark, rng.choice([9.3, 0.2, 2.5], len(x)), hue); tint = np.where(dark, 0, tint); comp = np.where(k, .08, comp)
        # flowers
        fl = m & ~p_ & (n2(x * 1.2 + 9, y * 3) > 0.55) & (rng.uniform(0, 1, len(x)) < 0.15 + .42 * depth)
        hue = np.where(fl, rng.choice([7.0, 7.1, 8.0, 5.0], len(x)), hue); tint = np.where(fl, .12, tint)
        return hue, tint, spread, comp

    parts = []
    for k, (gap, size) in enumerate(((0.80, 1.25), (0.72, 1.0), (0.8, 0.85))):
        P = scattered(sheet, rng, dot_size * gap)
        hue, tint, spread, comp = scene(P)
        n = len(P)
        pos = hue + spread * 0.75 * rng.standard_normal(n)
        pos = np.where(rng.uniform(0, 1, n) < comp * purity, pos + 5, pos)
        wheel = (np.rint(pos) % 10) / 10 * len(colours)
        col = colours[np.rint(wheel).astype(int) % len(colours)]
        tint = np.clip(tint + rng.normal(0, .09, n), 0, .9)[:, None]
        col = col * (1 - tint) + tint * np.array([1, .985, .94])
        r = dot_size * size * rng.uniform(.75, 1.2, n)
        a = angle + rng.normal(0, .15, n)
        half = np.stack([np.cos(a), np.sin(a)], 1) * (r * dot_length / 2)[:, None]
        parts.append(Strokes(straight((P - half), (P + half)), r.astype(np.float32), col.astype(np.float32)))
    out = oil_paint(sheet, joined(parts), np.float32([.93, .89, .80]), random_stream(seed, 2), relief=.55, bristle=.05, taper=.5)
    return sheet.picture(out)
