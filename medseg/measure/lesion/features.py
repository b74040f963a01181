"""The features that radiomics compares, under the names and in the units of IBSI.

Names are the tags of IBSI's own table of reference values. Where IBSI leaves a choice open, the
definition says which was made; where a feature is not defined (a constant value's skewness), it
is NaN.

Reference:
    Image Biomarker Standardisation Initiative, reference manual v11, arXiv:1612.07003;
    Zwanenburg et al. Radiology 295(2):328-338, 2020.
"""

from __future__ import annotations

from medseg.measure.lesion import diameters, intensity, shape, size, uptake
from medseg.measure.lesion.registry import MEASURES, Measure

_LINEAR = "percentiles are linear between ranks"

FEATURES: dict[str, Measure] = {
    "morph_volume": Measure(
        shape.mesh_volume_mm3, "mm3", MEASURES["mesh_volume"].definition, ibsi="RNU0"
    ),
    "morph_vol_approx": Measure(size.volume_mm3, "mm3", MEASURES["volume"].definition, ibsi="YEKZ"),
    "morph_area_mesh": Measure(
        shape.surface_area, "mm2", "area of the same mesh as morph_volume's", ibsi="C0JK"
    ),
    "morph_av": Measure(
        shape.surface_to_volume, "1/mm", "area A of the mesh over its volume V", ibsi="2PR5"
    ),
    "morph_comp_1": Measure(
        shape.compactness_1, "1", "V / (sqrt(pi) A^(3/2)) of the mesh", ibsi="SKGS"
    ),
    "morph_comp_2": Measure(shape.compactness_2, "1", "36 pi V^2 / A^3 of the mesh", ibsi="BQWJ"),
    "morph_sph_dispr": Measure(
        shape.spherical_disproportion, "1", "A / (36 pi V^2)^(1/3) of the mesh", ibsi="KRCK"
    ),
    "morph_sphericity": Measure(
        shape.sphericity, "1", "(36 pi V^2)^(1/3) / A of the mesh", ibsi="QCFX"
    ),
    "morph_asphericity": Measure(
        shape.asphericity, "1", "(A^3 / (36 pi V^2))^(1/3) - 1 of the mesh", ibsi="25C7"
    ),
    "morph_com": Measure(
        shape.center_of_mass_shift,
        "mm",
        "distance between the mean of the voxel centres and their mean weighted by value",
        "image",
        "KLMA",
    ),
    "morph_diam": Measure(
        diameters.longest_3d_diameter,
        "mm",
        MEASURES["longest_3d_diameter"].definition,
        ibsi="L0JK",
    ),
    "morph_pca_maj_axis": Measure(
        shape.major_axis,
        "mm",
        "4 sqrt of the largest eigenvalue of the voxel centres' covariance (divided by n - 1)",
        ibsi="TDIC",
    ),
    "morph_pca_min_axis": Measure(
        shape.minor_axis, "mm", "4 sqrt of the middle eigenvalue", ibsi="P9VJ"
    ),
    "morph_pca_least_axis": Measure(
        shape.least_axis, "mm", "4 sqrt of the smallest eigenvalue", ibsi="7J51"
    ),
    "morph_pca_elongation": Measure(
        shape.elongation, "1", "minor over major axis: 1 is not elongated", ibsi="Q3CK"
    ),
    "morph_pca_flatness": Measure(
        shape.flatness, "1", "least over major axis: 1 is not flat", ibsi="N17B"
    ),
    "loc_peak_loc": Measure(
        uptake.local_peak,
        "{image}",
        "mean over the voxels whose centres lie in a sphere of 1 cm3 around the highest value",
        "image",
        "VJGA",
    ),
    "loc_peak_glob": Measure(
        uptake.global_peak, "{image}", MEASURES["suv_peak"].definition, "image", "0F91"
    ),
    "stat_mean": Measure(intensity.mean, "{image}", "arithmetic mean", "image", "Q4LE"),
    "stat_var": Measure(
        intensity.variance, "{image}^2", "variance, divided by the number", "image", "ECT3"
    ),
    "stat_skew": Measure(
        intensity.skewness, "1", "third central moment over variance^(3/2)", "image", "KE2A"
    ),
    "stat_kurt": Measure(
        intensity.excess_kurtosis,
        "1",
        "fourth central moment over variance^2, minus 3 (excess)",
        "image",
        "IPH6",
    ),
    "stat_median": Measure(intensity.median, "{image}", "median", "image", "Y12H"),
    "stat_min": Measure(intensity.minimum, "{image}", "minimum", "image", "1GSF"),
    "stat_p10": Measure(
        intensity.percentile_10, "{image}", f"10th percentile; {_LINEAR}", "image", "QG58"
    ),
    "stat_p90": Measure(
        intensity.percentile_90, "{image}", f"90th percentile; {_LINEAR}", "image", "8DWT"
    ),
    "stat_max": Measure(intensity.maximum, "{image}", "maximum", "image", "84IY"),
    "stat_iqr": Measure(
        intensity.interquartile_range,
        "{image}",
        f"75th minus 25th percentile; {_LINEAR}",
        "image",
        "SALO",
    ),
    "stat_range": Measure(
        intensity.value_range, "{image}", "maximum minus minimum", "image", "2OJQ"
    ),
    "stat_mad": Measure(
        intensity.mean_absolute_deviation,
        "{image}",
        "mean distance from the mean",
        "image",
        "4FUA",
    ),
    "stat_rmad": Measure(
        intensity.robust_mean_absolute_deviation,
        "{image}",
        f"mean distance from the mean, of the values from P10 to P90; {_LINEAR}",
        "image",
        "1128",
    ),
    "stat_medad": Measure(
        intensity.median_absolute_deviation,
        "{image}",
        "mean distance from the median",
        "image",
        "N72L",
    ),
    "stat_cov": Measure(
        intensity.coefficient_of_variation,
        "1",
        "standard deviation over the mean",
        "image",
        "7TET",
    ),
    "stat_qcod": Measure(
        intensity.quartile_coefficient_of_dispersion,
        "1",
        f"(P75 - P25) / (P75 + P25); {_LINEAR}",
        "image",
        "9S40",
    ),
    "stat_energy": Measure(intensity.energy, "{image}^2", "sum of squared values", "image", "N8CA"),
    "stat_rms": Measure(
        intensity.root_mean_square, "{image}", "root of the mean squared value", "image", "5ZWQ"
    ),
}
