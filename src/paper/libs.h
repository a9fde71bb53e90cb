#ifndef SIGAP_PAPER_LIBS_H
#define SIGAP_PAPER_LIBS_H

#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include <stdbool.h>

/* cairo and pango come into memory with the first document, not with the program: with all that they bring
 * along they are a third of what an idle desk would take. The rest of the room calls them by their own names.
 */
struct paper_libs {
#define LIB_FUNCTION(name) __typeof__(name) *name;
#include "paper/libs.def"
#undef LIB_FUNCTION
};
extern struct paper_libs paper_libs;
/* Loads them once, from any thread. False (logged) where they are not installed. */
bool libs_load(void);

#ifndef PAPER_LIBS_LOADER
/* clang-format off */
#define cairo_arc (*paper_libs.cairo_arc)
#define cairo_arc_negative (*paper_libs.cairo_arc_negative)
#define cairo_clip (*paper_libs.cairo_clip)
#define cairo_close_path (*paper_libs.cairo_close_path)
#define cairo_create (*paper_libs.cairo_create)
#define cairo_destroy (*paper_libs.cairo_destroy)
#define cairo_fill (*paper_libs.cairo_fill)
#define cairo_fill_preserve (*paper_libs.cairo_fill_preserve)
#define cairo_font_options_create (*paper_libs.cairo_font_options_create)
#define cairo_font_options_destroy (*paper_libs.cairo_font_options_destroy)
#define cairo_font_options_set_hint_metrics (*paper_libs.cairo_font_options_set_hint_metrics)
#define cairo_font_options_set_hint_style (*paper_libs.cairo_font_options_set_hint_style)
#define cairo_line_to (*paper_libs.cairo_line_to)
#define cairo_move_to (*paper_libs.cairo_move_to)
#define cairo_new_path (*paper_libs.cairo_new_path)
#define cairo_new_sub_path (*paper_libs.cairo_new_sub_path)
#define cairo_paint (*paper_libs.cairo_paint)
#define cairo_pdf_surface_create_for_stream (*paper_libs.cairo_pdf_surface_create_for_stream)
#define cairo_pdf_surface_set_metadata (*paper_libs.cairo_pdf_surface_set_metadata)
#define cairo_recording_surface_create (*paper_libs.cairo_recording_surface_create)
#define cairo_rectangle (*paper_libs.cairo_rectangle)
#define cairo_restore (*paper_libs.cairo_restore)
#define cairo_save (*paper_libs.cairo_save)
#define cairo_set_line_join (*paper_libs.cairo_set_line_join)
#define cairo_set_line_width (*paper_libs.cairo_set_line_width)
#define cairo_set_source_rgb (*paper_libs.cairo_set_source_rgb)
#define cairo_set_source_surface (*paper_libs.cairo_set_source_surface)
#define cairo_show_page (*paper_libs.cairo_show_page)
#define cairo_status (*paper_libs.cairo_status)
#define cairo_status_to_string (*paper_libs.cairo_status_to_string)
#define cairo_stroke (*paper_libs.cairo_stroke)
#define cairo_surface_destroy (*paper_libs.cairo_surface_destroy)
#define cairo_surface_finish (*paper_libs.cairo_surface_finish)
#define cairo_surface_status (*paper_libs.cairo_surface_status)
#define g_object_unref (*paper_libs.g_object_unref)
#define g_str_hash (*paper_libs.g_str_hash)
#define g_unichar_to_utf8 (*paper_libs.g_unichar_to_utf8)
#define g_utf8_get_char_validated (*paper_libs.g_utf8_get_char_validated)
#define pango_attr_insert_hyphens_new (*paper_libs.pango_attr_insert_hyphens_new)
#define pango_attr_list_insert (*paper_libs.pango_attr_list_insert)
#define pango_attr_list_new (*paper_libs.pango_attr_list_new)
#define pango_attr_list_unref (*paper_libs.pango_attr_list_unref)
#define pango_cairo_context_set_font_options (*paper_libs.pango_cairo_context_set_font_options)
#define pango_cairo_context_set_resolution (*paper_libs.pango_cairo_context_set_resolution)
#define pango_cairo_font_map_new (*paper_libs.pango_cairo_font_map_new)
#define pango_cairo_show_glyph_item (*paper_libs.pango_cairo_show_glyph_item)
#define pango_cairo_show_glyph_string (*paper_libs.pango_cairo_show_glyph_string)
#define pango_context_set_round_glyph_positions (*paper_libs.pango_context_set_round_glyph_positions)
#define pango_font_description_free (*paper_libs.pango_font_description_free)
#define pango_font_description_new (*paper_libs.pango_font_description_new)
#define pango_font_description_set_absolute_size (*paper_libs.pango_font_description_set_absolute_size)
#define pango_font_description_set_family_static (*paper_libs.pango_font_description_set_family_static)
#define pango_font_description_set_weight (*paper_libs.pango_font_description_set_weight)
#define pango_font_map_create_context (*paper_libs.pango_font_map_create_context)
#define pango_glyph_string_get_width (*paper_libs.pango_glyph_string_get_width)
#define pango_layout_get_extents (*paper_libs.pango_layout_get_extents)
#define pango_layout_get_line_count (*paper_libs.pango_layout_get_line_count)
#define pango_layout_get_lines_readonly (*paper_libs.pango_layout_get_lines_readonly)
#define pango_layout_get_text (*paper_libs.pango_layout_get_text)
#define pango_layout_line_get_extents (*paper_libs.pango_layout_line_get_extents)
#define pango_layout_line_get_resolved_direction (*paper_libs.pango_layout_line_get_resolved_direction)
#define pango_layout_new (*paper_libs.pango_layout_new)
#define pango_layout_set_attributes (*paper_libs.pango_layout_set_attributes)
#define pango_layout_set_ellipsize (*paper_libs.pango_layout_set_ellipsize)
#define pango_layout_set_font_description (*paper_libs.pango_layout_set_font_description)
#define pango_layout_set_height (*paper_libs.pango_layout_set_height)
#define pango_layout_set_text (*paper_libs.pango_layout_set_text)
#define pango_layout_set_width (*paper_libs.pango_layout_set_width)
#define pango_layout_set_wrap (*paper_libs.pango_layout_set_wrap)
/* clang-format on */
#endif

#endif
