import type { Import } from "./value.ts";

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Of modules that have dangerous names as well: these, and no others. */
const EXACT: Readonly<Record<string, ReadonlySet<string>>> = {
  builtins: words(
    "object dict list set frozenset tuple int float complex bool str bytes bytearray slice range long unicode xrange Ellipsis NotImplemented",
  ),
  copyreg: words("_reconstructor __newobj__ __newobj_ex__"),
  collections: words("OrderedDict defaultdict deque Counter ChainMap UserDict UserList UserString"),
  _codecs: words("encode"),
  datetime: words("datetime date time timedelta timezone"),
  decimal: words("Decimal"),
  fractions: words("Fraction"),
  uuid: words("UUID SafeUUID"),
  pathlib: words("Path PosixPath WindowsPath PurePath PurePosixPath PureWindowsPath"),
  functools: words("partial"),
  itertools: words("count chain repeat"),
  operator: words("itemgetter"),
  array: words("array _array_reconstructor"),
  re: words("_compile"),
  random: words("Random"),
  threading: words("_RLock"),
  zoneinfo: words("ZoneInfo"),
  joblib: words(""),
  // Not `NDArrayWrapper`: what it stands for is read from another file, whatever that is.
  "joblib.numpy_pickle": words("NumpyArrayWrapper"),
  numpy: words(
    "ndarray dtype matrix generic bool_ bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 intc uintc intp uintp float16 float32 float64 longdouble complex64 complex128 str_ bytes_ void object_ datetime64 timedelta64 absolute add arccos arcsin arctan argmax argmin cbrt ceil clip cos cosh divide exp exp2 expm1 floor hypot identity isfinite isnan log log10 log1p log2 max maximum mean median min minimum multiply negative power prod reciprocal rint round sign sin sinh sqrt square std subtract sum tan tanh var",
  ),
  "numpy.core.multiarray": words("_reconstruct scalar"),
  "numpy._core.multiarray": words("_reconstruct scalar"),
  "numpy.core.numeric": words("_frombuffer"),
  "numpy._core.numeric": words("_frombuffer"),
  "numpy.dtypes": words(""),
  "numpy.ma.core": words("_mareconstruct MaskedArray"),
  "numpy.random": words("RandomState Generator"),
  "numpy.random.mtrand": words("RandomState"),
  "numpy.random._generator": words("Generator"),
  "numpy.random._mt19937": words("MT19937"),
  "numpy.random._pcg64": words("PCG64 PCG64DXSM"),
  "numpy.random._philox": words("Philox"),
  "numpy.random._sfc64": words("SFC64"),
  "numpy.random.bit_generator": words("SeedSequence __pyx_unpickle_SeedSequence"),
  "numpy.random._bit_generator": words("SeedSequence"),
  "numpy.random._pickle": words("__randomstate_ctor __generator_ctor __bit_generator_ctor"),
  pandas: words(
    "DataFrame Series Index MultiIndex RangeIndex Categorical Timestamp Timedelta Interval Period",
  ),
  "pandas._libs.internals": words("_unpickle_block"),
  "pandas._libs.tslibs.timestamps": words("_unpickle_timestamp"),
  "pandas._libs.tslibs.timedeltas": words("_timedelta_unpickle Timedelta"),
  "pandas._libs.tslibs.period": words("_make_period Period"),
  "pandas._libs.arrays": words("__pyx_unpickle_NDArrayBacked NDArrayBacked"),
  "pandas.core.indexes.base": words("_new_Index Index"),
  "pandas.core.indexes.datetimes": words("_new_DatetimeIndex DatetimeIndex"),
  "pandas.core.indexes.period": words("_new_PeriodIndex PeriodIndex"),
  torch: words(
    "Tensor Size device dtype layout strided sparse_coo Generator FloatStorage DoubleStorage HalfStorage LongStorage IntStorage ShortStorage CharStorage ByteStorage BoolStorage BFloat16Storage ComplexFloatStorage ComplexDoubleStorage QInt8Storage QUInt8Storage QInt32Storage QUInt4x2Storage QUInt2x4Storage float16 float32 float64 bfloat16 int8 int16 int32 int64 uint8 bool complex64 complex128 per_tensor_affine per_channel_affine qint8 quint8 qint32 contiguous_format channels_last preserve_format",
  ),
  "torch._utils": words(
    "_rebuild_tensor _rebuild_tensor_v2 _rebuild_tensor_v3 _rebuild_parameter _rebuild_parameter_with_state _rebuild_qtensor _rebuild_sparse_tensor _rebuild_meta_tensor_no_storage _rebuild_nested_tensor _rebuild_device_tensor_from_numpy _rebuild_device_tensor_from_cpu_tensor",
  ),
  "torch.nn.parameter": words("Parameter Buffer UninitializedParameter UninitializedBuffer"),
  "torch.storage": words("UntypedStorage TypedStorage"),
  "torch.serialization": words("_get_layout"),
  "sklearn.neighbors._kd_tree": words("newObj KDTree KDTree32 KDTree64"),
  "sklearn.neighbors._ball_tree": words("newObj BallTree BallTree32 BallTree64"),
  "sklearn.neighbors._dist_metrics": words("newObj EuclideanDistance"),
};

/** Names of Python 2, as Python 3 takes them. */
const RENAMED: Readonly<Record<string, string>> = { __builtin__: "builtins", copy_reg: "copyreg" };

/** Libraries of models: their own classes are harmless. Of the functions beside them nobody can say so much. */
const LIBRARIES = [
  /^sklearn\./,
  /^scipy\.(sparse|spatial|interpolate|optimize)\b/,
  /^pandas\.core\./,
  /^numpy\.(polynomial|ma|dtypes|random)\b/,
  /^torch\.nn\.modules\./,
  /^torch\.optim\./,
  /^torchvision\.models\./,
  /^(xgboost|lightgbm|catboost)\./,
  /^(imblearn|category_encoders|feature_engine|mlxtend|sklearn_pandas|skops)\./,
  /^statsmodels\./,
];

/** What within them tests, loads, evaluates, or hands on names that are not theirs. */
const OUTSIDE =
  /(^|\.)(formula|base\.data|_?testing\w*|_?tests?|externals|datasets|computation|hub|io|f2py|distutils|_build_utils|conftest|setup)(\.|$)/;

/** A class, or what Cython rebuilds one with; those of sparse matrices are small. */
const CLASS = /^(_?[A-Z]\w*|__pyx_unpickle_[A-Z]\w*)$/;
const SMALL_CLASS = /^(csr|csc|coo|bsr|dia|dok|lil)_(matrix|array)$|^(interp1d|interp2d)$|^(newObj)$/;

/** Classes that libraries have at hand and that start something. */
const STARTING =
  /(Popen|Process|Pool|Executor|Thread|Loader|Server|Client|Environment|Template|Compiler)\w*$/;

/** Whether whatever imports this name and calls it can do no harm. */
export function isHarmless({ module, name }: Import): boolean {
  const known = RENAMED[module] ?? module;
  if (Object.hasOwn(EXACT, known) && EXACT[known]?.has(name)) return true;
  if (OUTSIDE.test(module) || STARTING.test(name)) return false;
  const isClass = CLASS.test(name) || (module.startsWith("scipy.") && SMALL_CLASS.test(name));
  return isClass && LIBRARIES.some((library) => library.test(module));
}
