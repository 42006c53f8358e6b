"""Whose pictures went in, under what licence, and how the result says so.

The way through this folder: `facts` and `licences` (what can be known), `reading` and `inputs` (what
the files tell, before painting), `rules` (what follows), `credit` and `writing` (how the result says
it), `credentials` (a signature over it).
"""

from stylelab.rights.credentials import Credentials, read_credentials, sign_picture
from stylelab.rights.credit import credit_line, credit_of
from stylelab.rights.facts import Rights
from stylelab.rights.inputs import inputs_rights, rights_of_sample
from stylelab.rights.licences import CHART, LICENCES, Licence, find_licence
from stylelab.rights.reading import read_ingredients, read_rights
from stylelab.rights.rules import RULES, Finding, Verdict, combine_rights
from stylelab.rights.writing import COMPOSITE, Statement, state_rights

__all__ = [
    "CHART",
    "COMPOSITE",
    "LICENCES",
    "RULES",
    "Credentials",
    "Finding",
    "Licence",
    "Rights",
    "Statement",
    "Verdict",
    "combine_rights",
    "credit_line",
    "credit_of",
    "find_licence",
    "inputs_rights",
    "read_credentials",
    "read_ingredients",
    "read_rights",
    "rights_of_sample",
    "sign_picture",
    "state_rights",
]
