from nervering._decoders import Decoder as Decoder
from nervering._decoders import decoders as decoders
from nervering._forecaster import Forecaster as Forecaster
from nervering._models import load as load
from nervering._nwb import add_to_nwb as add_to_nwb
from nervering._recordings import Recording as Recording
from nervering._recordings import Recordings as Recordings
from nervering._recordings import read as read
from nervering._recordings import simulate as simulate
from nervering._studies import Study as Study
from nervering._studies import compare as compare
from nervering._studies import open_study as open_study
from nervering._studies import reproduce as reproduce

__version__: str

# One class for every decoder that is registered: GNNDecoder, MLPDecoder and so on.
def __getattr__(name: str) -> type[Decoder]: ...
