package classifiers

import (
	"vestige/pii"
)

// negative is a class that competes: its names, and how well it explains a column, in nats.
type negative struct {
	cat   pii.Category
	names string
	prior float64
	fit   func(s *Stats) (float64, string)
}

// negatives are the competing classes. A look-alike is explained away by one of them; it does not only fail to score.
var negatives = []negative{
	{"none.date", "date,time,created at,updated at,deleted at,created,updated,last login,last seen,valid from?,valid until,due date,order date,year?,month?,start?,end?,since,expires,expiry", -1.5, fitDate},
	{"none.amount", "price,amount,total,net?,gross?,balance,discount,weight,height,width,rate?,percent,score,tax amount,unit price,temperature,distance,latitude?,longitude?,duration", -1.7, fitAmount},
	{"none.count", "quantity,count,stock,size?,length,number of items,visits,attempts,position,rank,year,month,hour,week,day of week,priority,stock quantity", -2, fitCount},
	{"none.code", "code,state?,status,type,category,currency,language,role,class,level,color,version,timezone,group,channel,method,segment?,department,platform,os,source,reason,event,event type,action,region?,unit,topic?,theme,format,order number,order no,ticket number,tracking number,shipment number,reference number,invoice number,vat number,vat id?,tracking,batch number,serial number,neighborhood,neighbourhood", -1.2, fitCode},
	{"none.key", "id,uuid,index,order id,product id,invoice id,ticket id,parent id,address id,item id,category id,company id,event id,message id,request id,transaction id,order,invoice,payment id,row number", -1, fitKey},
	{"none.boolean", "active,enabled,visible,deleted,flag,verified,newsletter,marketing,valid", -2.5, fitBool},
	{"none.hash", "hash,fingerprint,signature,commit", -3, fitHash},
	{"none.product", "product,product name,sku,brand,title?,product title,label?,category name,article number,product number,product code,project name,project,model,campaign,campaign name,device name,warehouse,feature", -2.2, fitProduct},
	{"none.organisation", "company,company name,supplier,supplier name,organisation,bank name,bank,employer,shop,shop name", -3, fitOrganisation},
	{"none.meta", "status,email type,phone type,email format,email verified,phone verified,name length", -3.2, fitMeta},
	{"none.text", "description,comment,note,text,subject,reason,label,title,question,answer,feedback,remarks,file,host,path", -1.7, fitText},
	{"none.other", "", -1.8, func(*Stats) (float64, string) { return 0, "nothing else explains it" }},
}

// most gives hi where nearly all of the values are so, lo where few are, and between them by share.
func most(share, hi, lo float64) float64 {
	switch {
	case share >= .9:
		return hi
	case share <= .3:
		return lo
	}
	return lo + (hi-lo)*(share-.3)/.6
}

func fitDate(s *Stats) (float64, string) {
	t := &s.Texture
	if s.Share(t.Epochs) > .9 && !dense(s) {
		return 5, "whole numbers that read as times"
	}
	if s.Share(t.Years) > .9 {
		return 2, "years"
	}
	return most(s.Share(t.Dates+t.Moments), 7, -9), "dates or times"
}

// dense tells whether whole numbers lie close together, as keys do.
func dense(s *Stats) bool {
	span := s.Num.Max - s.Num.Min
	return s.Num.Ints > 0 && span >= 0 && span <= 20*max(s.Distinct, 10)
}

func fitAmount(s *Stats) (float64, string) {
	t := &s.Texture
	nats := most(s.Share(t.Decimals+t.Digits), -1, -9)
	if share := s.Share(t.Decimals); share > .2 {
		nats = most(min(share*1.5, 1), 6, -1)
	}
	return nats, "numbers with a fraction"
}

func fitCount(s *Stats) (float64, string) {
	t := &s.Texture
	if s.Share(t.Digits) < .9 || t.Zeros > 0 {
		return most(s.Share(t.Digits), 0, -9), "whole numbers"
	}
	if s.Num.Max <= 100000 && s.Repeats() > 1.5 {
		return 3.5, "small whole numbers that repeat"
	}
	return 0.5, "whole numbers"
}

func fitCode(s *Stats) (float64, string) {
	t := &s.Texture
	coded := s.Share(t.Codes + t.Versions)
	switch {
	case s.Share(t.Sentences) > .3:
		return -8, "sentences"
	case s.Values >= 8 && s.Distinct <= 12 && s.Repeats() >= 3 && s.Len[1] <= 30:
		return 4, "few values that repeat"
	case coded > .9 && s.Unique() && listPrefix(s) != "":
		return 5, "the prefix of another kind's numbers"
	case coded > .9:
		return 3, "codes"
	case s.Repeats() >= 3 && s.Len[1] <= 30:
		return 2, "values that repeat"
	case s.Share(t.Digits) > .9:
		return 0, "digits"
	}
	return most(coded+s.Share(t.Mixed), 1, -3), "codes"
}

// listPrefix gives the class that the letters in front of all values stand for: numbers of orders, invoices, articles.
func listPrefix(s *Stats) string {
	p, n := s.Texture.Prefix, 0
	for n < len(p) && IsLetter(p[n]) {
		n++
	}
	w := make([]byte, 0, 8)
	for _, b := range []byte(p[:n]) {
		w = append(w, Lower(b))
	}
	if codePrefixes[string(w)] {
		return string(w)
	}
	return ""
}

var codePrefixes = wordSet("o or ord order po so inv in re rg rnr rech sku art a p pr prd prod product t tkt tick ticket case b be bat batch lot sn ser trk trn tx txn wh st inc bug jira iss rma q c_ v ver r rel cat g grp whs l lag srv host")

func fitKey(s *Stats) (float64, string) {
	t := &s.Texture
	switch {
	case s.Share(t.Digits) > .95 && t.Zeros == 0 && dense(s) && s.Repeats() < 2:
		return 4, "whole numbers close together"
	case s.Share(t.Digits) > .95 && s.Num.Monotone && s.Unique():
		return 3.5, "rising whole numbers"
	case s.Share(t.UUIDs) > .9:
		return 6, "UUIDs"
	case s.Share(t.Digits) > .9:
		return 1.5, "whole numbers"
	case s.Share(t.Codes) > .9 && s.Unique():
		return 3, "codes, each another"
	case s.Share(t.Mixed+t.Codes) > .9 && s.Unique() && s.Len[1] >= 8:
		return 2, "tokens, each another"
	}
	return -4, "keys"
}

func fitBool(s *Stats) (float64, string) {
	if s.Distinct > 3 {
		return -12, "yes or no"
	}
	return most(s.Share(s.Texture.Bools), 8, -12), "yes or no"
}

func fitHash(s *Stats) (float64, string) {
	t := &s.Texture
	if s.Share(t.Hex) > .95 && s.Fixed() && t.Digits < t.Seen {
		switch s.Len[0] {
		case 32, 40, 56, 64, 96, 128:
			return 14, "hexadecimal digits of a hash's length"
		}
		return 3, "hexadecimal digits of one length"
	}
	if s.Share(t.Mixed) > .9 && s.Share(t.Codes) < .5 && s.Fixed() && s.Len[0] >= 20 && s.Share(t.UUIDs) == 0 {
		return 7, "opaque tokens of one length"
	}
	return -12, "hashes"
}

func fitProduct(s *Stats) (float64, string) {
	t := &s.Texture
	if s.Share(t.Digits+t.Decimals+t.Dates+t.Moments) > .5 {
		if s.Share(t.Digits) > .9 && s.Fixed() && (s.Len[0] == 13 || s.Len[0] == 8 || s.Len[0] == 12) {
			return 1, "digits as in an EAN"
		}
		return -7, "numbers"
	}
	return most(s.Share(t.OneWord+t.Titled+t.Mixed+t.Codes), 0.5, 0), "words"
}

func fitOrganisation(s *Stats) (float64, string) {
	if share := s.Share(s.Texture.Companies); share > .15 {
		return most(share*3, 9, 2), "legal forms of companies"
	}
	return most(s.Share(s.Texture.Titled+s.Texture.OneWord), -0.5, -4), "words"
}

func fitMeta(s *Stats) (float64, string) {
	if s.Distinct <= 12 {
		return 1, "few values"
	}
	return 0, "values of any kind"
}

func fitText(s *Stats) (float64, string) {
	t := &s.Texture
	if s.Share(t.Sentences) > .5 {
		return 5, "sentences"
	}
	if s.Len[1] > 200 {
		return 4, "long values"
	}
	return most(s.Share(t.Sentences+t.Titled), 0, -3), "text"
}
